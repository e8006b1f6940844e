package lockstep

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

const bom = "\uFEFF"

// Checksum returns "sha256:<hex>" over text without its byte order mark and
// with CRLF and CR line ends read as LF, so that an editor or git setting that
// rewrites line ends does not change it.
func Checksum(text string) string {
	sum := sha256.Sum256([]byte(normalise(text)))
	b := make([]byte, 0, len("sha256:")+2*len(sum))
	return string(hex.AppendEncode(append(b, "sha256:"...), sum[:]))
}

func normalise(text string) string {
	text = strings.TrimPrefix(text, bom)
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// tokenDigest returns "tokens1:<hex>" over what the server would read: equal
// for texts that differ only in comments and layout.
func tokenDigest(text string, o sqltext.Options) string {
	sum := sqltext.Digest(normalise(text), o)
	return "tokens1:" + hex.EncodeToString(sum[:])
}

// setDigest is the sum of the digests of a set's members: independent of
// their order, so that one entry changes it in one step.
type setDigest [sha256.Size]byte

// toggle adds a member that is absent, or removes one that is present.
func (d *setDigest) toggle(v Version, name, checksum string) {
	h := sha256.New()
	for _, s := range []string{string(v), name, checksum} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	for i := range d {
		d[i] ^= sum[i]
	}
}

func (d setDigest) String() string { return hex.EncodeToString(d[:]) }
