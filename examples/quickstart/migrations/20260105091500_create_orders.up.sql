CREATE TABLE orders (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  ordered_at  TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE order_items (
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  product  TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  cents    INTEGER NOT NULL CHECK (cents >= 0),
  PRIMARY KEY (order_id, product)
) WITHOUT ROWID;

CREATE INDEX orders_customer ON orders (customer_id);
