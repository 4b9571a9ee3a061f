package queue

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"kairan/store"
)

// Work is one attempt at one delivery that is due now.
type Work struct {
	Delivery store.DeliveryID
	// Attempt counts the attempts of this delivery as the ledger does. It is part
	// of the message's identity: the same attempt published twice is one.
	Attempt int
}

// maxAttempt is far more than the five days of retries come to.
const maxAttempt = 1_000_000

var errNoWork = errors.New("not a delivery and an attempt")

// String is the one form of work outside: the message's text and its id.
func (w Work) String() string { return string(w.Delivery) + "." + strconv.Itoa(w.Attempt) }

func (w Work) check() error {
	if !validID(string(w.Delivery), "d") || w.Attempt < 0 || w.Attempt > maxAttempt {
		// The id is not repeated: it may be anything, and errors are logged.
		return fmt.Errorf("publish: %w", errNoWork)
	}
	return nil
}

// parseWork reads what String wrote, and nothing else.
func parseWork(b []byte) (Work, error) {
	if len(b) > 64 {
		return Work{}, errNoWork
	}
	id, attempt, _ := strings.Cut(string(b), ".")
	n, err := strconv.Atoi(attempt)
	if err != nil {
		return Work{}, errNoWork
	}
	w := Work{Delivery: store.DeliveryID(id), Attempt: n}
	if w.check() != nil || w.String() != string(b) { // "+1", "01"
		return Work{}, errNoWork
	}
	return w, nil
}

// validID reports whether s is an identifier of the ledger that begins with one
// of the letters.
func validID(s, letters string) bool {
	if len(s) != 21 || !strings.ContainsRune(letters, rune(s[0])) {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if ('0' > c || c > '9') && ('a' > c || c > 'z' || c == 'i' || c == 'l' || c == 'o' || c == 'u') {
			return false
		}
	}
	return true
}
