package codegen

import (
	"io"

	"github.com/lockstepdb/lockstep/schema"
)

// HTMLOptions tells how HTML prints. The zero value is fine.
type HTMLOptions struct {
	// Title of the page. Default "Schema".
	Title string
}

func HTML(w io.Writer, s *schema.Schema, o HTMLOptions) error { return write(w, "HTML", "") }
