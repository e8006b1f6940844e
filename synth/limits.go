package synth

import (
	"math/big"
	"slices"
	"strings"
)

// limits is what a check leaves to a column's values. The zero value leaves
// everything.
type limits struct {
	in     []string // constants as values of k's label; nil: any
	listed bool     // in counts
	notIn  []string
	lo, hi *big.Rat // both included; nil: none
	min    int      // length of a text
	max    int      // -1: none
	text   bool     // min and max count
	null   bool     // must be NULL
	value  bool     // must not be NULL
}

func (l limits) and(o limits) limits {
	out := l
	if o.listed {
		if !l.listed {
			out.in, out.listed = o.in, true
		} else {
			out.in = slices.DeleteFunc(slices.Clone(l.in), func(v string) bool { return !slices.Contains(o.in, v) })
		}
	}
	out.notIn = slices.Concat(l.notIn, o.notIn)
	if o.lo != nil && (l.lo == nil || o.lo.Cmp(l.lo) > 0) {
		out.lo = o.lo
	}
	if o.hi != nil && (l.hi == nil || o.hi.Cmp(l.hi) < 0) {
		out.hi = o.hi
	}
	if o.text {
		out.min, out.max, out.text = max(l.min, o.min), o.max, true
		if l.text {
			out.max = min(l.max, o.max)
		}
	}
	out.null, out.value = l.null || o.null, l.value || o.value
	return out
}

// fit narrows a type to what the limits leave. ok is false if nothing is left.
func (k kind) fit(l limits) (_ kind, ok bool) {
	if l.null && l.value {
		return k, false
	}
	switch {
	case l.listed:
		return k.fitList(l)
	case k.ranged():
		return k.fitRange(l)
	case k.class == ClassText:
		return k.fitText(l)
	case k.class == ClassLabel:
		k.labels = slices.DeleteFunc(slices.Clone(k.labels), func(v string) bool { return slices.Contains(l.notIn, v) })
		k.hi, k.usual = int64(len(k.labels))-1, int64(len(k.labels))
		return k, len(k.labels) > 0
	}
	return k, len(l.notIn) == 0
}

// fitList keeps those of the listed values that are in range.
func (k kind) fitList(l limits) (kind, bool) {
	var kept []string
	for _, v := range l.in {
		if k.excludes(l.notIn, v) || k.class == ClassLabel && k.labels != nil && !slices.Contains(k.labels, v) {
			continue
		}
		if k.ranged() {
			n, ok := k.numberOf(v)
			if !ok || l.lo != nil && n.Cmp(l.lo) < 0 || l.hi != nil && n.Cmp(l.hi) > 0 {
				continue
			}
		}
		if n := len([]rune(v)); k.class == ClassText && (n > k.width || l.text && (n < l.min || n > l.max)) {
			continue
		}
		kept = append(kept, v)
	}
	return labelled(k.typ, kept), len(kept) > 0
}

// excludes reports whether a value is among others, however it is written.
func (k kind) excludes(others []string, v string) bool {
	return slices.ContainsFunc(others, func(o string) bool {
		if o == v || !k.ranged() {
			return o == v
		}
		a, read := k.numberOf(o)
		b, also := k.numberOf(v)
		return read && also && a.Cmp(b) == 0
	})
}

// fitRange narrows the range; of values that are left out it keeps clear by
// taking the largest piece between them.
func (k kind) fitRange(l limits) (kind, bool) {
	scale := big.NewRat(k.scale(), 1)
	lo, hi := k.least(l), k.hi
	if l.lo != nil {
		lo = max(lo, ceil(new(big.Rat).Mul(l.lo, scale)))
	}
	if l.hi != nil {
		hi = min(hi, floor(new(big.Rat).Mul(l.hi, scale)))
	}
	var holes []int64
	for _, v := range l.notIn {
		n, ok := k.numberOf(v)
		if !ok {
			return k, false
		}
		if u := new(big.Rat).Mul(n, scale); u.IsInt() && u.Num().IsInt64() {
			holes = append(holes, u.Num().Int64())
		}
	}
	lo, hi = widest(lo, hi, holes)
	if lo > hi {
		return k, false
	}
	k.lo, k.hi = lo, hi
	k.usual = min(max(k.usual, 1), hi-lo+1)
	return k, true
}

// least is where values begin: at the usual place, or below it where the
// limits leave nothing else.
func (k kind) least(l limits) int64 {
	lowest := -k.hi - 1
	if k.class == ClassDate || k.class == ClassDatetime || k.class == ClassTime || k.class == ClassYear {
		lowest = min(k.lo, 0)
		if k.class == ClassYear {
			lowest = k.lo
		}
		if k.class == ClassDatetime {
			lowest = day
		}
	}
	if l.hi == nil {
		return k.lo
	}
	if hi := floor(new(big.Rat).Mul(l.hi, big.NewRat(k.scale(), 1))); hi >= k.lo {
		return k.lo
	}
	return lowest
}

// widest returns the largest piece of a range that has no hole.
func widest(lo, hi int64, holes []int64) (int64, int64) {
	slices.Sort(holes)
	from, bestLo, bestHi := lo, int64(1), int64(0)
	for _, h := range append(holes, hi+1) {
		if h < from {
			continue
		}
		if h > hi {
			h = hi + 1
		}
		if h-1 >= from && (bestHi < bestLo || h-1-from > bestHi-bestLo) {
			bestLo, bestHi = from, h-1
		}
		from = h + 1
	}
	return bestLo, bestHi
}

func floor(r *big.Rat) int64 {
	q := new(big.Int).Div(r.Num(), r.Denom()) // Euclidean: down, since the denominator is positive
	if !q.IsInt64() {
		if q.Sign() < 0 {
			return -1 << 62
		}
		return 1 << 62
	}
	return q.Int64()
}

func ceil(r *big.Rat) int64 { return -floor(new(big.Rat).Neg(r)) }

// usualText is how long made-up texts are where they may be as long as they like.
const usualText = 24

// fitText chooses a length; texts that are left out have another one.
func (k kind) fitText(l limits) (kind, bool) {
	most := k.width
	if l.text {
		most = min(most, l.max)
	}
	least := 0
	if l.text {
		least = l.min
	}
	if least > most {
		return k, false
	}
	taken := map[int]bool{}
	for _, v := range l.notIn {
		taken[len([]rune(v))] = true
	}
	length := max(least, min(usualText, most))
	for ; taken[length]; length-- {
		if length <= least {
			return k, false
		}
	}
	k.most, k.width = most, length
	k.hi = pow(16, min(length, 8)) - 1
	k.usual = min(manyValues, k.hi+1)
	return k, true
}

// numberOf reads a constant as the value of a ranged type: a number, or for
// dates days or seconds.
func (k kind) numberOf(v string) (*big.Rat, bool) {
	switch k.class {
	case ClassInteger, ClassDecimal, ClassFloat, ClassYear:
		if strings.ContainsAny(v, "xX/_pP") {
			return nil, false
		}
		r, ok := new(big.Rat).SetString(v)
		return r, ok
	}
	n, ok := instant(k.class, v)
	return big.NewRat(n, 1), ok
}
