package diff_test

import (
	"fmt"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

// A column gets another name and an index; a dialect answers what can be done.
func ExampleDiff() {
	users := schema.ID{Kind: schema.KindTable, Schema: "app", Name: "users"}
	mail, email := users.In(schema.KindColumn, "mail"), users.In(schema.KindColumn, "email")
	from, _ := schema.New([]schema.Fact{
		schema.NewFact(users),
		schema.NewFact(mail, schema.AttrType, "text"),
	})
	to, _ := schema.New([]schema.Fact{
		schema.NewFact(users),
		schema.NewFact(email, schema.AttrType, "text"),
		schema.NewFact(users.In(schema.KindIndex, "users_email"), schema.AttrColumns, "email", schema.AttrUnique, schema.Yes),
	})

	guess, _ := diff.Diff(from, to, server{}, diff.Options{})
	for _, c := range guess.Changes {
		fmt.Println(c)
	}
	for _, h := range guess.Hints {
		fmt.Printf("is %s now %s? %s\n", h.From, h.To.Name, h.Why)
	}

	told, _ := diff.Diff(from, to, server{}, diff.Options{Renames: []diff.Rename{{From: mail, To: email}}})
	fmt.Println("when told so:")
	for _, c := range told.Changes {
		fmt.Println(c)
	}
	// Output:
	// add column app.users.email
	// add index app.users.users_email
	// drop column app.users.mail
	// is column app.users.mail now email? the same definition, the same position, the same neighbours
	// when told so:
	// rename column app.users.mail to email
	// add index app.users.users_email
}
