DROP TRIGGER orders_status;
DROP TABLE order_events;
UPDATE orders SET status = 'open' WHERE id = 1;
