package mysql

import "testing"

func TestSplitName(t *testing.T) {
	for written, want := range map[string][2]string{
		"t":              {"", "t"},
		"d.t":            {"d", "t"},
		"`d`.`t`":        {"d", "t"},
		"`d.d`.t":        {"d.d", "t"},
		"`t.t`":          {"", "t.t"},
		"d.`a``b`":       {"d", "a`b"},
		`"d""d"."t"`:     {`d"d`, "t"},
		"":               {"", ""},
		"größe.`表`":      {"größe", "表"},
		"`back``tick`.`": {"back`tick", "`"},
	} {
		schema, name := splitName(written)
		if schema != want[0] || name != want[1] {
			t.Errorf("splitName(%s) = %q, %q; want %q, %q", written, schema, name, want[0], want[1])
		}
	}
}
