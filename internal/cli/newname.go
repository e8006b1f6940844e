package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/lockstepdb/lockstep"
)

// verbs are words a migration's name may begin with.
func verbs() []string {
	return strings.Fields(`
		add adjust adopt allow alter analyze anonymize archive attach backfill change clean cleanup clear cluster
		combine comment compress convert copy correct create deduplicate define delete deny deprecate detach disable
		disallow drop enable enforce ensure exclude expand expire extend extract fill fix forbid generate grant import
		improve include increase index initialize insert install introduce invert link load lock lower make mark
		materialize merge migrate modify move narrow normalize optimize partition populate prefix prepare preserve
		promote protect prune purge reassign rebuild recalculate recreate redefine reduce refactor refresh register
		reindex relax relocate remove rename reorder repair replace require reset resize restore restrict retire
		revoke rewrite rotate scope seed separate set setup shorten shrink simplify sort split start stop store strip
		swap switch sync tighten touch track transfer transform trim truncate tune undo unify unlink unlock
		unregister unset untrack update upgrade use validate widen wrap`)
}

// vague are words that say nothing of what changes, however many there are.
func vague() []string {
	return strings.Fields(`it stuff things thing something misc various changes change fixes fix bug bugs update updates
		test tests wip tmp temp todo db database schema migration migrations more new old again final last sql data
		all everything the a an some and`)
}

// normalName writes words as snake_case.
func normalName(words []string) string {
	var b strings.Builder
	gap := false
	text := strings.Join(words, " ")
	for i, r := range text {
		isNext := unicode.IsUpper(r) && i > 0 && unicode.IsLower(rune(text[i-1])) // camelCase
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			gap = true
			continue
		case (gap || isNext) && b.Len() > 0:
			b.WriteByte('_')
		}
		gap = false
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// maxName keeps names within what file systems and ledgers can hold.
const maxName = 150

// checkName refuses names that do not tell what the migration does.
func checkName(name string) error {
	words := strings.Split(name, "_")
	known := verbs()
	switch {
	case name == "":
		return nameError("the name has no letter or digit", "")
	case len(name) > maxName:
		return nameError(fmt.Sprintf("the name has %d characters, which is more than %d", len(name), maxName), "")
	case !slices.Contains(known, words[0]):
		return nameError(fmt.Sprintf("the name %q does not begin with a verb", name), suggestion(words, known))
	case len(words) == 1:
		return nameError(fmt.Sprintf("the name %q does not say what is to %s", name, words[0]), words[0]+"_email_of_users")
	case !slices.ContainsFunc(words[1:], func(w string) bool { return !slices.Contains(vague(), w) }):
		return nameError(fmt.Sprintf("the name %q says nothing that helps a reader", name), "")
	}
	return nil
}

// suggestion makes a name out of one that has no verb.
func suggestion(words, known []string) string {
	near := lockstep.Nearest(words[0], known)
	if len(words) > 1 && len(near) > 2 && len(near)-len(words[0]) <= 1 && len(words[0])-len(near) <= 1 {
		return strings.Join(append([]string{near}, words[1:]...), "_")
	}
	if slices.Contains(vague(), words[0]) {
		return ""
	}
	return "create_" + strings.Join(words, "_")
}

func nameError(msg, example string) error {
	if example == "" {
		example = "add_email_to_users"
	}
	return &usageError{msg, fmt.Sprintf("start with a verb and say what it changes, such as %s", example)}
}
