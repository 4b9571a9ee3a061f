package main

// wake tells those who wait that there is something to do. Many kicks before
// anybody looks are one.
type wake []chan struct{}

// newWake makes a wake with n ends to wait on.
func newWake(n int) wake {
	w := make(wake, n)
	for i := range w {
		w[i] = make(chan struct{}, 1)
	}
	return w
}

// kick never blocks.
func (w wake) kick() {
	for _, c := range w {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
