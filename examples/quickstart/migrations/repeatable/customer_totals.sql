-- Made again whenever this text changes.
DROP VIEW IF EXISTS customer_totals;

CREATE VIEW customer_totals AS
SELECT c.id, c.name, count(DISTINCT o.id) AS orders, sum(i.quantity * i.cents) / 100.0 AS total
FROM customers c
JOIN orders o ON o.customer_id = c.id
JOIN order_items i ON i.order_id = o.id
GROUP BY c.id, c.name;
