package sanitize

import (
	"strings"
	"time"
	"unicode"
)

// dateHabit is what the language of a quoted header tells of its dates.
type dateHabit struct {
	dayFirst  bool // "03/04/2021" is the third of April
	yearFirst bool // "20/05/21" is the 21st of May
	croatian  bool // whose names of months mean others in Polish and Czech
}

func (h *dateHabit) add(other dateHabit) {
	h.dayFirst = h.dayFirst || other.dayFirst
	h.yearFirst = h.yearFirst || other.yearFirst
	h.croatian = h.croatian || other.croatian
}

// quotedDate reads the date of a quoted header, which each client writes as its
// user's language has it: "2020年5月21日(木) 午後4:15", "Wednesday, October 27,
// 2021 3:14 PM", "26. lokakuuta 2021 klo 14.25.08 UTC+3". Where no offset is
// given zone is taken, UTC if nil. ok is false when a field could be read in two
// ways, such as "03/04/2021" with nothing that decides.
func quotedDate(s string, zone *time.Location, habit dateHabit) (t time.Time, ok bool) {
	if zone == nil {
		zone = time.UTC
	}
	s = dateWidths.Replace(s[:min(len(s), maxDateBytes)])
	d := dateReader{hour: -1, weekday: -1, zone: zone, dateHabit: habit}
	d.american = strings.Contains(s, "AM") || strings.Contains(s, "PM")
	s = strings.Map(unicode.ToLower, s)
	s = halfDays.Replace(s)
	for _, r := range s {
		if r >= 0x3040 { // kana, kanji: 曜日 and the like
			d.yearFirst = true
			break
		}
	}
	d.tokens = dateTokens(s)
	for d.at < len(d.tokens) {
		if !d.take() {
			return time.Time{}, false
		}
	}
	return d.time()
}

// maxDateBytes bounds the text of a date.
const maxDateBytes = 200

var (
	dateWidths = strings.NewReplacer("：", ":", "／", "/", "（", "(", "）", ")", "－", "-", "−", "-", "＋", "+", "．", ".", "元年", "1年",
		"０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9",
		"\u00a0", " ", "\u202f", " ", "\u3000", " ")
	halfDays = strings.NewReplacer("a.m.", "am", "p.m.", "pm", "a. m.", "am", "p. m.", "pm", "午後", " afternoon ", "午前", " forenoon ", "正午", " 12:00 ",
		"下午", " afternoon ", "晚上", " afternoon ", "上午", " forenoon ", "오후", " afternoon ", "오전", " forenoon ", "년", "年", "월", "月", "일", "日", "시", "時", "분", "分", "초", "秒", "时", "時")
)

// dateToken is a number or a word with what stands before and after it.
type dateToken struct {
	number        int // -1 for a word
	digits        int
	word          string
	before, after rune
}

// dateTokens cuts a date into numbers and words.
func dateTokens(s string) []dateToken {
	rs := []rune(s)
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
			t.digits, t.number = i-start, 0
			for _, r := range rs[start:min(i, start+7)] {
				t.number = t.number*10 + int(r-'0')
			}
		}
		tokens = append(tokens, t)
	}
	return tokens
}

// runeClass is 1 for ASCII digits, 2 for letters of alphabets, 3 for those of
// East Asia, 0 for what separates them.
func runeClass(r rune) int {
	switch {
	case r >= '0' && r <= '9':
		return 1
	case r >= 0x2e80 && unicode.IsLetter(r):
		return 3
	case unicode.IsLetter(r) || unicode.Is(unicode.Mn, r):
		return 2
	}
	return 0
}

// dateReader collects the fields of a date as they come.
type dateReader struct {
	dateHabit
	american bool // "AM" in capitals, as the United States write it
	tokens   []dateToken
	at       int

	year, month, day     int
	hour, minute, second int
	weekday              int
	am, pm               bool
	clockWord            bool // "kl", "klo": the time follows
	plain                []int
	triple               []dateToken // three numbers of which no order is sure
	offset               int         // minutes east of Greenwich
	offsetKnown          bool        // by number
	offsetNamed          bool        // by name
	zone                 *time.Location
}

// take uses the next token or group of tokens; it is false when they cannot
// stand in a date.
func (d *dateReader) take() bool {
	t := d.tokens[d.at]
	if t.number < 0 {
		d.at++
		d.word(t)
		return true
	}
	group := d.group()
	d.at += len(group)
	last := group[len(group)-1]
	switch {
	case (t.before == '+' || t.before == '-') && (d.hour >= 0 || d.offsetNamed) && group[0].digits != 4 || (t.before == '+' || t.before == '-') && d.hour >= 0 && len(group) == 1 && t.digits == 4:
		d.takeOffset(group, t.before == '-')
	case t.after == '年':
		d.year = t.number
		if d.year < 100 {
			d.year = d.era(d.year)
		}
	case t.after == '月':
		d.month = t.number
	case t.after == '日':
		d.day = t.number
	case t.after == '時':
		d.hour = t.number
	case t.after == '分' && d.hour >= 0:
		d.minute = t.number
	case t.after == '秒' && d.hour >= 0:
		d.second = t.number
	case len(group) >= 2 && t.after == ':', len(group) >= 2 && t.after == '.' && d.isDottedClock(group):
		if d.hour >= 0 {
			return true // a second time, of a time zone's
		}
		d.hour, d.minute = t.number, group[1].number
		if len(group) > 2 {
			d.second = group[2].number
		}
	case len(group) == 3 && t.digits == 4:
		d.year, d.month, d.day = t.number, group[1].number, last.number
	case len(group) == 3:
		d.triple = group
	case len(group) > 1:
		for _, g := range group {
			d.single(g)
		}
	default:
		return d.single(t)
	}
	return true
}

// group is the run of numbers at d.at that one separator joins: "16:15:30".
func (d *dateReader) group() []dateToken {
	end := d.at + 1
	sep := d.tokens[d.at].after
	switch sep {
	case ':', '/', '-', '.':
		for end < len(d.tokens) && end-d.at < 3 && d.tokens[end].number >= 0 && d.tokens[end].before == sep && d.tokens[end-1].after == sep && d.joined(end) {
			end++
		}
	}
	return d.tokens[d.at:end]
}

// joined is true when token i follows the one before with one character
// between: "27. 10." is no group.
func (d *dateReader) joined(i int) bool { return d.tokens[i-1].after == d.tokens[i].before }

// isDottedClock is true for "14.25.08", which looks like a date.
func (d *dateReader) isDottedClock(group []dateToken) bool {
	return d.hour < 0 && (d.clockWord || d.triple != nil || d.year != 0 && d.month != 0) && group[0].number < 24 && group[len(group)-1].digits == 2
}

// single uses a number that stands alone.
func (d *dateReader) single(t dateToken) bool {
	switch {
	case t.digits == 4 && d.year == 0 && t.number >= 1970 && t.number < 2200:
		d.year = t.number
	case t.digits == 8 && d.year == 0: // 20200521
		d.year = -1 // told by the digits that number has no room for
		return false
	case d.hour >= 0 || t.digits > 2: // a fraction of a second, a week's number
	default:
		d.plain = append(d.plain, t.number)
	}
	return true
}

func (d *dateReader) takeOffset(group []dateToken, west bool) {
	if d.offsetKnown {
		return
	}
	n := group[0].number * 60
	switch {
	case len(group) == 2:
		n += group[1].number
	case group[0].digits >= 3:
		n = group[0].number/100*60 + group[0].number%100
	}
	if n > 14*60 {
		return
	}
	if west {
		n = -n
	}
	d.offset, d.offsetKnown = n, true
}

// word uses a word. Those that mean nothing here, such as "at", are passed over.
func (d *dateReader) word(t dateToken) {
	w := t.word
	if runeClass(firstRune(w)) == 3 {
		for _, r := range w {
			if day, ok := weekdays[string(r)]; ok && r != '日' && r != '月' || ok && t.before == '(' {
				d.weekday = day
			}
		}
		return
	}
	switch w {
	case "pm", "afternoon":
		d.lateHour()
		d.pm = true
	case "am", "forenoon":
		d.lateHour()
		d.am = d.hour >= 0 || w != "am" // "Am 21. Mai" is German
	case "kl", "klo", "kell":
		d.clockWord = true
	default:
		if minutes, ok := zoneOffsets[w]; ok && (d.hour >= 0 || t.before == '(') {
			if !d.offsetKnown {
				d.offset, d.offsetNamed = minutes, true
			}
			return
		}
		if m := month(w, d.croatian); m > 0 {
			d.month = m
			return
		}
		if len(w) >= 3 {
			if day, ok := weekdays[w[:3]]; ok {
				d.weekday = day
			}
		}
	}
}

// lateHour takes the number before "pm" for the hour: "4 PM".
func (d *dateReader) lateHour() {
	if n := len(d.plain); d.hour < 0 && n > 0 && d.at >= 2 && d.tokens[d.at-2].number == d.plain[n-1] && (n > 1 || d.day != 0 || d.triple != nil) {
		d.hour, d.plain = d.plain[n-1], d.plain[:n-1]
	}
}

// era is the year of the Japanese era named in the date, 令和 or 平成, or the
// year of this century.
func (d *dateReader) era(n int) int {
	for _, t := range d.tokens[:d.at] {
		switch {
		case strings.HasSuffix(t.word, "令和"):
			return 2018 + n
		case strings.HasSuffix(t.word, "平成"):
			return 1988 + n
		}
	}
	return 2000 + n
}

// time puts the fields together.
func (d *dateReader) time() (time.Time, bool) {
	d.numbers()
	if d.triple != nil && !d.order() {
		return time.Time{}, false
	}
	if d.hour < 0 {
		d.hour = 0
	}
	if d.pm && d.hour < 12 {
		d.hour += 12
	} else if d.am && d.hour == 12 {
		d.hour = 0
	}
	if d.hour > 23 || d.minute > 59 || d.second > 60 {
		return time.Time{}, false
	}
	zone := d.zone
	if d.offsetKnown || d.offsetNamed {
		zone = time.FixedZone("", d.offset*60)
	}
	if !isDay(d.year, d.month, d.day) {
		return time.Time{}, false
	}
	return time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.second, 0, zone), true
}

// numbers gives the numbers that stood alone their fields.
func (d *dateReader) numbers() {
	if d.triple != nil {
		return
	}
	switch {
	case d.month != 0 && d.day == 0 && len(d.plain) > 0:
		d.day = d.plain[0]
		if d.year == 0 && len(d.plain) > 1 && d.plain[1] < 100 { // "21 May 20"
			d.year = 2000 + d.plain[1]
		}
	case d.month == 0 && d.day == 0 && len(d.plain) == 2: // "27. 10. 2021"
		d.day, d.month = d.plain[0], d.plain[1]
	}
}

// order finds the one way in which three numbers are a day.
func (d *dateReader) order() bool {
	a, b, c := d.triple[0].number, d.triple[1].number, d.triple[2].number
	short := d.triple[2].digits <= 2
	if short {
		c += 2000
	}
	dotted := d.triple[0].after == '.'
	type reading struct{ year, month, day int }
	dmy, mdy, ymd := reading{c, b, a}, reading{c, a, b}, reading{2000 + a, b, d.triple[2].number}
	var possible []reading
	for _, r := range []reading{dmy, mdy, ymd} {
		if r == ymd && !short || !isDay(r.year, r.month, r.day) {
			continue
		}
		if d.weekday >= 0 && int(time.Date(r.year, time.Month(r.month), r.day, 0, 0, 0, 0, time.UTC).Weekday()) != d.weekday {
			continue
		}
		if len(possible) == 0 || possible[len(possible)-1] != r {
			possible = append(possible, r)
		}
	}
	has := func(r reading) bool {
		for _, p := range possible {
			if p == r {
				return true
			}
		}
		return false
	}
	pick := reading{}
	switch {
	case len(possible) == 1:
		pick = possible[0]
	case short && d.yearFirst && has(ymd):
		pick = ymd
	case (dotted || d.dayFirst) && has(dmy):
		pick = dmy
	case d.american && has(mdy):
		pick = mdy
	default:
		return false
	}
	d.year, d.month, d.day = pick.year, pick.month, pick.day
	return true
}

// isDay is true for a day of the calendar within the times of mail.
func isDay(year, month, day int) bool {
	if year < 1970 || year >= 2200 || month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}
