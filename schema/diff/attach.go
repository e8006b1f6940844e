package diff

import "github.com/lockstepdb/lockstep/schema"

// attachments are the changes of a view's new columns behind the node that makes
// them: a view's definition says nothing about default, comment and grants.
func (w *walk) attachments(at int) []schema.Change {
	n := w.nodes[at]
	if k := n.id.Kind; k != schema.KindView && k != schema.KindMaterializedView || len(n.after) == 0 {
		return nil
	}
	var out []schema.Change
	for _, c := range w.to.Columns(n.id) {
		maker, made := w.creator[c.ID]
		if !made || maker != at || w.d.InCreate(n.after[0], c) {
			continue
		}
		bare := c.Without(schema.AttrDefault, schema.AttrComment, schema.AttrGrants)
		if !bare.Equal(c) {
			out = append(out, schema.Alter(bare, c))
		}
	}
	return out
}
