CREATE TABLE order_events (
  id       INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  status   TEXT NOT NULL,
  at       TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TRIGGER orders_status AFTER UPDATE OF status ON orders
WHEN old.status <> new.status
BEGIN
  INSERT INTO order_events (order_id, status) VALUES (new.id, new.status);
END;

UPDATE orders SET status = 'paid' WHERE id = 1;
