package synth

import (
	"context"
)

// sampleRows is on how many rows checks are tried before rows are inserted.
const sampleRows = 200

// rare is the part of rows below which a check is hardly ever satisfied.
const rare = 0.05

// sample asks the server how many rows satisfy the checks that were not
// understood. Columns of texts that never do are tried with usual forms.
func (f *filler) sample(ctx context.Context, t *table) error {
	for _, c := range t.open() {
		share, err := f.try(ctx, t, c)
		if err != nil {
			if err := f.broken(ctx, err); err != nil {
				return err
			}
			c.met = true // it cannot be asked; what it thinks of the rows will be seen
			continue
		}
		if c.share = share; share >= rare {
			continue
		}
		if err := f.reshape(ctx, t, c); err != nil {
			return err
		}
		if c.share == 0 {
			t.giveUp("check %s: no values were found that satisfy it", c.name)
			return nil
		}
	}
	return nil
}

// passing is a guess at the part of rows that satisfy all checks.
func (t *table) passing() float64 {
	p := 1.0
	for _, c := range t.open() {
		if c.share > 0 {
			p *= c.share
		}
	}
	return max(p, 0.001)
}

// try returns which part of some rows satisfies a check.
func (f *filler) try(ctx context.Context, t *table, c *check) (float64, error) {
	query, _ := f.rows(t, t.first, t.first+sampleRows-1)
	var all, good int64
	err := f.q.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN ("+c.text+") IS FALSE THEN 0 ELSE 1 END), 0) FROM ("+f.complete(t, query)+") r").Scan(&all, &good)
	if all == 0 {
		return 1, err
	}
	return float64(good) / float64(all), err
}

// shapes are usual forms of texts: what stands before and behind a number.
func shapes() [][2]string {
	return [][2]string{
		{"user", "@example.com"},
		{"https://example.com/", ""},
		{"", ""},
		{"+4930", ""},
		{"+49 30 ", ""},
		{"a", ""},
		{"A", ""},
		{"abc-", ""},
		{"ABC-", ""},
		{"Abc ", ""},
		{"1", "0000"},
		{"10.0.0.0/", ""},
		{"/a/", ""},
		{"#1", ""},
		{"{\"a\": ", "}"},
		{"1.0.", ""},
		{"a_", ""},
		{"$", ".00"},
		{"EUR", ""},
		{"[", "]"},
	}
}

// reshape looks for a form of text that satisfies a check on one column.
func (f *filler) reshape(ctx context.Context, t *table, c *check) error {
	about := t.mentions(c.text, f.srv.Lexer)
	if len(about) != 1 || about[0].kind.class != ClassText || about[0].linked || about[0].kind.array || about[0].expr == "" {
		return nil
	}
	column := about[0]
	was := *column
	best := was
	for _, s := range shapes() {
		if len(s[0])+len(s[1])+7 > was.kind.most {
			continue
		}
		column.templated, column.before, column.behind = true, s[0], s[1]
		number := f.scattered(1, manyValues)
		if column.carrier {
			number = rowNumber
		}
		column.expr = f.value(column, number)
		share, err := f.try(ctx, t, c)
		if err != nil {
			if err := f.broken(ctx, err); err != nil {
				return err
			}
			continue
		}
		if share > c.share {
			best, c.share = *column, share
		}
	}
	*column = best
	return nil
}
