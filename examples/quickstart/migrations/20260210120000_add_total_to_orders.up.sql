-- lockstep:phase expand
ALTER TABLE orders ADD COLUMN total_cents INTEGER;

UPDATE orders SET total_cents =
  (SELECT sum(quantity * cents) FROM order_items WHERE order_id = orders.id);
