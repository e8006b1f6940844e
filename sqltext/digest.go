package sqltext

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// Digest returns a SHA-256 over the tokens of text, which is a statement or a
// whole script. Two texts have the same digest when they differ only in space,
// in comments, in delimiters and client commands, and in the case of unquoted
// words; not in MySQL mode, where the case of a table's name may matter.
// Strings, quoted names and COPY data count byte for byte; hints and the
// brackets of executable comments count. What is not closed counts as it
// stands.
func Digest(text string, o Options) [32]byte {
	d := digest{hash: sha256.New(), text: text, keepCase: o.Mode == MySQL}
	s := newScript(text, o)
	for {
		t, ends := s.next()
		if t.Kind == 0 {
			break
		}
		if !ends {
			d.token(t)
			continue
		}
		statement := s.first >= 0
		s.endPiece(t, d.token)
		d.ended = d.ended || statement
	}
	d.flush()
	return [32]byte(d.hash.Sum(nil))
}

// digest hashes tokens, each with its length before it, and a length of 0
// between statements.
type digest struct {
	hash     hash.Hash
	text     string
	buf      [4096]byte
	n        int
	keepCase bool
	ended    bool // a statement ended before the next token
}

// token takes in a token. It returns true always.
func (d *digest) token(t Token) bool {
	switch t.Kind {
	case Space, LineComment, BlockComment, MetaCommand:
		return true
	}
	if d.ended {
		d.length(0)
		d.ended = false
	}
	d.length(t.End - t.Start)
	for rest := d.text[t.Start:t.End]; rest != ""; {
		d.room(1)
		n := copy(d.buf[d.n:], rest)
		if t.Kind == Ident && !d.keepCase {
			mapASCII(d.buf[d.n:d.n+n], 'A', 'a')
		}
		d.n += n
		rest = rest[n:]
	}
	return true
}

func (d *digest) length(n int) {
	d.room(binary.MaxVarintLen64)
	d.n += binary.PutUvarint(d.buf[d.n:], uint64(n))
}

// room makes room for n bytes in the buffer.
func (d *digest) room(n int) {
	if len(d.buf)-d.n < n {
		d.flush()
	}
}

func (d *digest) flush() {
	d.hash.Write(d.buf[:d.n]) // never fails
	d.n = 0
}
