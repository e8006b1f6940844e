package diff

import (
	"github.com/lockstepdb/lockstep/schema"
)

func rename(from, _ *schema.Schema, renames []Rename) (*schema.Schema, []Rename, error) {
	return from, renames, nil
}
