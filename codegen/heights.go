package codegen

import "math"

// heights gives each box the height at which its lines are straightest, with
// distances kept.
func (l *layers) heights() {
	for _, layer := range l.at {
		y := 0.0
		for i, b := range layer {
			if i > 0 {
				y += gapBetween(layer[i-1], b)
			}
			b.y = y
			y += b.h
		}
	}
	const sweeps = 10
	for i := range sweeps {
		for k := range l.at {
			layer := l.at[k]
			if i%2 == 1 {
				layer = l.at[len(l.at)-1-k]
			}
			l.settle(layer, i%2 == 0, i >= sweeps-2)
		}
	}
	l.toTop()
}

func gapBetween(a, b *box) float64 {
	if a.r == nil && b.r == nil {
		return placeGap
	}
	if a.r == nil || b.r == nil {
		return (boxGap + placeGap) / 2
	}
	return boxGap
}

// settle moves the boxes of a layer to where their neighbours on one side, or
// on both, want them, as near as the distances allow: the least squares of that
// are found by pooling adjacent boxes that push each other.
func (l *layers) settle(layer []*box, before, both bool) {
	type pool struct{ sum, weight float64 }
	offsets := make([]float64, len(layer))
	for i := 1; i < len(layer); i++ {
		offsets[i] = offsets[i-1] + layer[i-1].h + gapBetween(layer[i-1], layer[i])
	}
	var pools []pool
	var sizes []int
	for i, b := range layer {
		want, weight := l.wish(b, before, both)
		pools = append(pools, pool{sum: (want - offsets[i]) * weight, weight: weight})
		sizes = append(sizes, 1)
		for n := len(pools); n > 1 && pools[n-2].sum/pools[n-2].weight > pools[n-1].sum/pools[n-1].weight; n = len(pools) {
			pools[n-2].sum += pools[n-1].sum
			pools[n-2].weight += pools[n-1].weight
			sizes[n-2] += sizes[n-1]
			pools, sizes = pools[:n-1], sizes[:n-1]
		}
	}
	i := 0
	for p, size := range sizes {
		for range size {
			layer[i].y = math.Round(pools[p].sum/pools[p].weight + offsets[i])
			i++
		}
	}
}

// wish is where a box would stand if it were alone, and how much it matters.
func (l *layers) wish(b *box, before, both bool) (y, weight float64) {
	const straight = 4
	for _, j := range l.next[b] {
		if j.before != before && !both {
			continue
		}
		w := 1.0
		if j.strong {
			w = straight
		}
		y += w * (j.other.y + j.theirs - j.own)
		weight += w
	}
	if weight == 0 {
		return b.y, 0.1
	}
	return y / weight, weight
}

func (l *layers) toTop() {
	top := math.Inf(1)
	for _, layer := range l.at {
		for _, b := range layer {
			top = min(top, b.y)
		}
	}
	for _, layer := range l.at {
		for _, b := range layer {
			b.y -= top
			l.g.height = max(l.g.height, b.y+b.h)
		}
	}
}
