package sanitize

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// quotedDate reads the date of a quoted header, which each client writes as its
// user's language has it: "2020年5月21日(木) 午後4:15", "Wednesday, October 27,
// 2021 3:14 PM", "25 October 2021 at 11:17:21 EEST". Where no offset is given
// zone is taken. ok is false when a field could be read in two ways, such as
// "03/04/2021".
func quotedDate(s string, zone *time.Location) (t time.Time, ok bool) {
	d := dateWords{hour: -1, second: 0, zone: zone}
	for _, w := range dateTokens(s) {
		if !d.take(w) {
			return time.Time{}, false
		}
	}
	return d.time()
}

// maxDateBytes bounds the text of a date.
const maxDateBytes = 120

// dateToken is a number or a word with what stands before and after it.
type dateToken struct {
	number        int // -1 for a word
	digits        int
	word          string
	before, after rune
}

// dateTokens cuts a date into numbers and words.
func dateTokens(s string) []dateToken {
	rs := []rune(strings.ToLower(s[:min(len(s), maxDateBytes)]))
	var tokens []dateToken
	for i := 0; i < len(rs); {
		start := i
		class := runeClass(rs[i])
		for i < len(rs) && runeClass(rs[i]) == class {
			i++
		}
		if class == 0 {
			continue
		}
		t := dateToken{number: -1, word: string(rs[start:i])}
		if start > 0 {
			t.before = rs[start-1]
		}
		if i < len(rs) {
			t.after = rs[i]
		}
		if class == 1 {
			n, err := strconv.Atoi(t.word)
			if err != nil || i-start > 6 {
				n = 999999 // no field takes it
			}
			t.number, t.digits = n, i-start
		}
		tokens = append(tokens, t)
	}
	return tokens
}

// runeClass is 1 for ASCII digits, 2 for Latin letters, 3 for other letters, 0
// for what separates them.
func runeClass(r rune) int {
	switch {
	case r >= '0' && r <= '9':
		return 1
	case r >= 'a' && r <= 'z':
		return 2
	case unicode.IsLetter(r):
		return 3
	}
	return 0
}

// dateWords collects the fields of a date as they come.
type dateWords struct {
	year, month, day     int
	hour, minute, second int
	clock                int // parts of the time read
	pm, am               bool
	plain                []int // numbers without a mark, in order
	slashed              bool
	offset               string
	zone                 *time.Location
}

var months = map[string]int{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

// take uses one token; it is false when the token cannot stand in a date.
func (d *dateWords) take(t dateToken) bool {
	if t.number < 0 {
		switch t.word {
		case "pm", "午後":
			d.pm = true
		case "am", "午前":
			d.am = true
		case "gmt", "utc", "z":
			d.offset = "+0000"
		case "jst":
			d.offset = "+0900"
		default:
			if m := months[t.word[:min(len(t.word), 3)]]; m > 0 && runeClass(rune(t.word[0])) == 2 {
				d.month = m
			}
		}
		return true // names of weekdays, "at", zones that no table tells surely
	}
	isClock := t.after == ':' || t.before == ':' || t.after == '時' || t.after == '分' || t.after == '秒'
	switch {
	case t.after == '年':
		d.year = t.number
	case t.after == '月':
		d.month = t.number
	case t.after == '日':
		d.day = t.number
	case (t.before == '+' || t.before == '-') && t.digits == 4 && d.clock >= 2:
		d.offset = string(t.before) + t.word
	case (t.before == '+' || t.before == '-') && t.digits <= 2 && d.offset == "+0000": // GMT+9
		d.offset = fmt.Sprintf("%c%02d00", t.before, t.number)
	case isClock && d.offset == "" && d.clock < 3:
		switch d.clock {
		case 0:
			d.hour = t.number
		case 1:
			d.minute = t.number
		case 2:
			d.second = t.number
		}
		d.clock++
	case t.digits == 4 && d.year == 0 && t.number >= 1970 && t.number < 2200:
		d.year = t.number
	case d.clock >= 2: // an offset in another form, a fraction of a second
	default:
		d.slashed = d.slashed || t.before == '/' || t.after == '/' || t.before == '-' || t.after == '-' || t.before == '.'
		d.plain = append(d.plain, t.number)
		if d.year != 0 && d.month == 0 && d.day == 0 && len(d.plain) == 2 { // 2020/05/21
			d.month, d.day, d.plain = d.plain[0], d.plain[1], nil
		}
	}
	return true
}

// time puts the fields together.
func (d *dateWords) time() (time.Time, bool) {
	if d.month != 0 && d.day == 0 && len(d.plain) == 1 {
		d.day = d.plain[0]
	}
	if d.month == 0 && len(d.plain) == 2 { // day and month before the year
		switch a, b := d.plain[0], d.plain[1]; {
		case a > 12 && b <= 12:
			d.day, d.month = a, b
		case b > 12 && a <= 12, a == b:
			d.month, d.day = a, b
		}
	}
	if d.hour < 0 {
		d.hour = 0
	}
	if d.pm && d.hour < 12 {
		d.hour += 12
	} else if d.am && d.hour == 12 {
		d.hour = 0
	}
	if d.year < 1970 || d.year >= 2200 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 || d.hour > 23 || d.minute > 59 || d.second > 60 {
		return time.Time{}, false
	}
	zone := d.zone
	if d.offset != "" {
		if at, err := time.Parse("-0700", d.offset); err == nil {
			zone = at.Location()
		}
	}
	t := time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.second, 0, zone)
	return t, t.Day() == d.day // not 31 February
}
