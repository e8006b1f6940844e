-- The column comes before the code that writes it.
-- lockstep:phase expand
ALTER TABLE orders ADD COLUMN status TEXT NOT NULL DEFAULT 'open'
  CHECK (status IN ('open', 'paid', 'shipped', 'cancelled'));

CREATE INDEX orders_open ON orders (ordered_at) WHERE status = 'open';
