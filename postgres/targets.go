package postgres

import "slices"

// targets returns the existing tables, views, sequences and indexes on which a
// statement takes a lock that makes readers or writers wait: ACCESS EXCLUSIVE,
// EXCLUSIVE, SHARE ROW EXCLUSIVE or SHARE (manual, "Explicit Locking", the same
// in 14 to 18). Names are as written. A statement that waits long without
// being in the way has none.
func targets(words []word, l lone) []string {
	if l.waitsLong() {
		return nil
	}
	r := &reader{words: words}
	var names []string
	switch {
	case r.accept("ALTER"):
		names = r.altered()
	case r.accept("DROP"):
		names = r.dropped()
	case r.accept("CREATE"):
		names = r.created()
	case r.accept("TRUNCATE"):
		r.accept("TABLE")
		names = r.relations()
	case r.accept("LOCK"):
		names = r.locked()
	case r.accept("CLUSTER"):
		names = r.clustered()
	case r.accept("REINDEX"):
		if r.options(); l.value == "TABLE" || l.value == "INDEX" {
			names = []string{l.name}
		}
	case r.accept("REFRESH", "MATERIALIZED", "VIEW"):
		if !r.is("CONCURRENTLY") { // readers go on
			names = []string{r.name()}
		}
	case r.accept("VACUUM"): // FULL, or it would wait long
		names = r.vacuumed()
	}
	return unique(names)
}

// unique removes what could not be read and what is named twice.
func unique(names []string) []string {
	var list []string
	for _, n := range names {
		if n != "" && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// altered reads what follows ALTER.
func (r *reader) altered() []string {
	switch {
	case r.accept("TABLE"), r.accept("FOREIGN", "TABLE"):
		return r.alteredTable()
	case r.accept("INDEX"):
		return r.alteredIndex()
	case r.accept("VIEW"), r.accept("SEQUENCE"), r.accept("MATERIALIZED", "VIEW"):
		r.ifExists()
		if !r.is("ALL", "IN", "TABLESPACE") {
			return []string{r.name()}
		}
	case r.accept("TRIGGER"), r.accept("POLICY"), r.accept("RULE"):
		return r.on()
	}
	return nil
}

func (r *reader) alteredTable() []string {
	r.ifExists()
	if r.is("ALL", "IN", "TABLESPACE") {
		return nil
	}
	names := []string{r.relation()}
	switch {
	case r.accept("ATTACH", "PARTITION"), r.accept("DETACH", "PARTITION"):
		return append(names, r.name())
	case r.onlyValidates():
		return nil
	}
	return append(names, r.referenced()...)
}

// onlyValidates tells that the one action is VALIDATE CONSTRAINT, whose lock
// lets others read and write.
func (r *reader) onlyValidates() bool {
	return r.is("VALIDATE", "CONSTRAINT") && len(r.words) == r.at+3
}

// alteredIndex: renaming an index stops nobody.
func (r *reader) alteredIndex() []string {
	r.ifExists()
	if r.is("ALL", "IN", "TABLESPACE") {
		return nil
	}
	name := r.name()
	if r.is("RENAME") {
		return nil
	}
	return []string{name}
}

// referenced returns the tables of all REFERENCES that follow.
func (r *reader) referenced() []string {
	var names []string
	for ; !r.done(); r.at++ {
		if r.is("REFERENCES") {
			r.at++
			names = append(names, r.name())
			r.at--
		}
	}
	return names
}

// on reads a name, ON and a table.
func (r *reader) on() []string {
	if !r.find("ON") {
		return nil
	}
	return []string{r.relation()}
}

// dropped reads what follows DROP.
func (r *reader) dropped() []string {
	switch {
	case r.accept("TABLE"), r.accept("VIEW"), r.accept("SEQUENCE"), r.accept("INDEX"),
		r.accept("MATERIALIZED", "VIEW"), r.accept("FOREIGN", "TABLE"):
		r.ifExists()
		return r.relations()
	case r.accept("TRIGGER"), r.accept("POLICY"), r.accept("RULE"):
		return r.on()
	}
	return nil
}

// created reads what follows CREATE.
func (r *reader) created() []string {
	replaces := r.accept("OR", "REPLACE")
	r.acceptAny("UNIQUE", "CONSTRAINT", "TEMP", "TEMPORARY", "LOCAL", "GLOBAL", "UNLOGGED", "RECURSIVE")
	switch {
	case r.accept("INDEX"), r.accept("POLICY"):
		return r.on()
	case r.accept("TRIGGER"):
		return r.createdTrigger()
	case r.accept("RULE"):
		if r.find("TO") {
			return []string{r.name()}
		}
	case r.accept("VIEW"):
		if replaces {
			return []string{r.name()}
		}
	case r.accept("TABLE"):
		return r.createdTable()
	}
	return nil
}

func (r *reader) createdTrigger() []string {
	names := r.on()
	if r.accept("FROM") {
		names = append(names, r.name())
	}
	return names
}

// createdTable: the table is new, but those it refers to and the one it is a
// partition of are not.
func (r *reader) createdTable() []string {
	r.ifExists()
	r.name()
	var names []string
	if r.accept("PARTITION", "OF") {
		names = append(names, r.name())
	}
	return append(names, r.referenced()...)
}

// locked reads what follows LOCK. Modes that let others read and write do not
// count.
func (r *reader) locked() []string {
	r.accept("TABLE")
	names := r.relations()
	if !r.accept("IN") {
		return names
	}
	for _, weak := range [][]string{{"ACCESS", "SHARE"}, {"ROW", "SHARE"}, {"ROW", "EXCLUSIVE"}, {"SHARE", "UPDATE", "EXCLUSIVE"}} {
		if r.is(weak...) {
			return nil
		}
	}
	return names
}

// clustered reads what follows CLUSTER: t, t USING i, i ON t.
func (r *reader) clustered() []string {
	r.accept("VERBOSE")
	r.options()
	name := r.name()
	if r.accept("ON") {
		name = r.name()
	}
	return []string{name}
}

// vacuumed reads what follows VACUUM.
func (r *reader) vacuumed() []string {
	r.options()
	r.acceptAny("FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE")
	var names []string
	for {
		names = append(names, r.relation())
		r.options() // columns
		if !r.accept(",") {
			return names
		}
	}
}
