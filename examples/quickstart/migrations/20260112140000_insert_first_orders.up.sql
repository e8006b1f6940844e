-- lockstep:kind data
INSERT INTO customers (id, name, email) VALUES
  (1, 'Ada Lovelace', 'ada@example.com'),
  (2, 'Grace Hopper', 'grace@example.com');

INSERT INTO orders (id, customer_id) VALUES (1, 1), (2, 2), (3, 1);

INSERT INTO order_items (order_id, product, quantity, cents) VALUES
  (1, 'punched cards; a box', 3, 450),
  (2, 'magnifying glass', 1, 1290),
  (3, 'ink', 2, 380);
