package schema

// Content is what the tables of a schema hold, as SQL that puts it into a schema
// that was made anew. The statements are the same for the same rows.
type Content struct {
	Before []string    // statements before the rows
	Tables []TableRows // those that hold rows
	After  []string    // statements behind the rows: positions of sequences and the like
	Rows   int         // of all tables
	More   bool        // there are more rows than were asked for, so these are not all
	Left   []string    // what holds something that cannot be carried over, for people
}

// TableRows are the rows of one table, in the order of its primary key.
type TableRows struct {
	Table  ID
	Insert string   // the statement up to VALUES
	Rows   []string // each as "(1, 'x')"
}

// Add takes the rows of a table in, if it has any.
func (c *Content) Add(t TableRows) {
	if len(t.Rows) > 0 {
		c.Tables = append(c.Tables, t)
		c.Rows += len(t.Rows)
	}
}

// Lines returns all of it as text, one line a row or statement, for comparisons.
func (c *Content) Lines() []string {
	var all []string
	for _, t := range c.Tables {
		all = append(all, t.Insert)
		all = append(all, t.Rows...)
	}
	return append(all, c.After...)
}
