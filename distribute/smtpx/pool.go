package smtpx

import (
	"context"
	"time"
)

// acquire waits for the right to have a connection. It returns false when ctx
// ended or the relay was closed.
func (r *Relay) acquire(ctx context.Context) bool {
	select { // so that a stopped caller never gets one by chance
	case <-ctx.Done():
		return false
	case <-r.closed:
		return false
	default:
	}
	select {
	case r.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	case <-r.closed:
		return false
	}
}

func (r *Relay) release() { <-r.slots }

// take returns the idle session that was used last, or nil. The longest unused
// ones are left to their timers, so that the pool shrinks when less is sent.
func (r *Relay) take() *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.idle)
	if n == 0 {
		return nil
	}
	s := r.idle[n-1]
	r.idle[n-1] = nil
	r.idle = r.idle[:n-1]
	s.timer.Stop() // if too late, expire finds it gone
	return s
}

// put keeps s for another message. A session that has carried its last message
// is kept too: to say QUIT now would delay the outcome that the caller is about
// to record, so whoever takes the session says it, or the timer does.
func (r *Relay) put(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		_ = s.raw.Close()
		return
	}
	s.timer = time.AfterFunc(or(r.IdleTimeout, 30*time.Second), func() { r.expire(s) })
	r.idle = append(r.idle, s)
}

// spent reports whether s has carried as many messages as a connection should.
func (r *Relay) spent(s *session) bool { return s.sent >= or(r.MaxPerConnection, 100) }

// expire ends s if it is still idle.
func (r *Relay) expire(s *session) {
	r.mu.Lock()
	found := false
	for i, is := range r.idle {
		if is == s {
			r.idle = append(r.idle[:i], r.idle[i+1:]...)
			r.quits.Add(1) // before ended can be set, so Close waits for it
			found = true
			break
		}
	}
	r.mu.Unlock()
	if found {
		defer r.quits.Done()
		s.quit()
	}
}

// Close ends idle connections with QUIT, lets deliveries under way finish, and
// returns when there are neither; to have it return soon, end the contexts of
// those deliveries. Deliver then returns Stopped. Closing twice is harmless.
func (r *Relay) Close() error {
	_ = r.setup()
	r.closing.Lock() // so that two do not each wait for slots that the other has
	defer r.closing.Unlock()
	r.mu.Lock()
	idle := r.idle
	r.idle = nil
	if !r.ended {
		r.ended = true
		close(r.closed)
	}
	r.mu.Unlock()
	for _, s := range idle {
		s.timer.Stop()
		r.quits.Go(s.quit)
	}
	r.quits.Wait()
	for range cap(r.slots) { // whoever holds one gives it back in bounded time
		r.slots <- struct{}{}
	}
	for range cap(r.slots) {
		<-r.slots
	}
	return nil
}
