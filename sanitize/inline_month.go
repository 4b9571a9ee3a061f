package sanitize

import "strings"

// monthStems are the beginnings of the months' names, January first, in the
// languages of mail clients. The longest that fits a word counts.
var monthStems = stemTable(
	"jan ian янв січ gen ene ocak oca led leden jaan",
	"feb fev fév úno фев лют helmi şub lut veebr",
	"mar mär mrt maart märts março březen března bře мар бер maalis már",
	"apr abr avr ápr апр кві huhti nis kwi dub",
	"may mai mei maj mag máj май мая трав touko kvě",
	"jun giu juin jún июн черв kesä haz cze červen června čvn juuni iun",
	"jul lug juil júl июл лип heinä tem lip červenec července čvc juuli iul",
	"aug ago aoû août авг серп elo ağu sie srp",
	"sep set szept сен вер syys eyl wrz zář",
	"oct ott out okt окт жовт loka eki paź říj",
	"nov noi ноя лист marras kas lis",
	"dec déc dez dic des дек груд joulu ara gru pros dets",
)

// croatianStems are names that mean other months in Polish and Czech.
var croatianStems = stemTable("siječ sij", "velj", "ožuj ožu", "trav tra", "svib svi", "lip", "srp", "kolo kol", "ruj", "lis", "stud stu", "pros pro")

// notMonths are weekdays that begin like a month.
var notMonths = stringSet("mardi martes martedì marți marţi marti")

func stemTable(months ...string) map[string]int {
	t := map[string]int{}
	for i, stems := range months {
		for s := range strings.FieldsSeq(stems) {
			t[s] = i + 1
		}
	}
	return t
}

// maxStem is the length of the longest stem in runes.
const maxStem = 8

// month is the number of the month that a word in lower case names, or 0.
func month(word string, croatian bool) int {
	if notMonths[word] {
		return 0
	}
	runes := []rune(word)
	for n := min(len(runes), maxStem); n >= 3; n-- {
		stem := string(runes[:n])
		if croatian && croatianStems[stem] > 0 {
			return croatianStems[stem]
		}
		if m := monthStems[stem]; m > 0 {
			return m
		}
	}
	return 0
}

// weekdays by the first letters of their English names, and by their Japanese
// ones; they decide how a date of numbers is read.
var weekdays = map[string]int{
	"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6,
	"日": 0, "月": 1, "火": 2, "水": 3, "木": 4, "金": 5, "土": 6,
}

// zoneOffsets are the offsets, in minutes east of Greenwich, of the names of
// time zones that clients write and that mean one thing. Where RFC 5322 §4.3
// gives a name a meaning it has that one.
var zoneOffsets = map[string]int{
	"utc": 0, "gmt": 0, "ut": 0, "z": 0, "wet": 0, "west": 60, "bst": 60,
	"jst": 540, "kst": 540, "hkt": 480, "sgt": 480, "ict": 420, "wib": 420, "awst": 480, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "pht": 480,
	"cet": 60, "cest": 120, "mez": 60, "mesz": 120, "seč": 60, "selč": 120,
	"eet": 120, "eest": 180, "oez": 120, "oesz": 180, "msk": 180, "мск": 180, "trt": 180,
	"est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "akst": -540, "hst": -600, "brt": -180,
}
