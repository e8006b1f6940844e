package mysql

import "github.com/lockstepdb/lockstep/schema"

// Reread returns live as the user who read the recorded schema would have read
// it. Definers that are that user are absent there, and named if another user
// reads. That is seen where all objects without a definer in the record have
// one and the same now.
func (dialect) Reread(recorded, live *schema.Schema) *schema.Schema {
	reader := ""
	for _, f := range live.Facts() {
		was, ok := recorded.Fact(f.ID)
		if !ok || !hasDefiner(f.ID.Kind) || was.Is(AttrDefiner) {
			continue
		}
		now := f.Attr(AttrDefiner)
		if now == "" || reader != "" && now != reader {
			return live
		}
		reader = now
	}
	if reader == "" {
		return live
	}
	facts := make([]schema.Fact, 0, len(live.Facts()))
	for _, f := range live.Facts() {
		if f.Attr(AttrDefiner) == reader {
			f = f.Without(AttrDefiner)
		}
		facts = append(facts, f)
	}
	out, err := schema.New(facts, live.Unknown()...)
	if err != nil {
		return live // no two facts are about one object: live had none
	}
	return out
}

func hasDefiner(kind schema.Kind) bool {
	switch kind {
	case schema.KindView, schema.KindRoutine, schema.KindTrigger, schema.KindEvent:
		return true
	}
	return false
}
