package render

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"text/template"
	"time"

	"kairan/store"
	"kairan/store/tlp"
)

func digestOf(t *testing.T, c *Composer, n store.Notice) string {
	t.Helper()
	p, err := c.Preview(n)
	if err != nil {
		t.Fatal(err)
	}
	return p.Digest
}

// untold are the fields of the content that no contact reads; an approval does
// not bind to them. Whoever makes a notice tell one of them strikes it here.
var untold = []string{
	".ReplyTo.Name", ".Problems", ".MD5", ".SHA1", // digests of files are told as indicators
	".Role", ".Where", ".Confidence", ".Kind", ".Value", // an indicator is told defanged
	".Tier", ".RealType", ".Members",
	".Redactions", // how much was left out differs from victim to victim
}

// The digest that an approval binds to changes with everything that is told.
func TestDigestBindsToEverythingTold(t *testing.T) {
	c := testComposer(t)
	was := digestOf(t, c, richNotice())
	changed := 0
	// The content is changed field by field, by what stands in memory.
	var walk func(v reflect.Value, path string, n *store.Notice)
	walk = func(v reflect.Value, path string, n *store.Notice) {
		for _, suffix := range untold {
			if strings.HasSuffix(path, suffix) {
				return
			}
		}
		try := func(set func()) {
			old := reflect.New(v.Type()).Elem()
			old.Set(v)
			set()
			if digestOf(t, c, *n) == was {
				t.Errorf("the digest does not change with Content%s", path)
			}
			changed++
			v.Set(old)
		}
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i), path+"."+v.Type().Field(i).Name, n)
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i), n)
			}
			if v.Len() > 0 && !strings.Contains(path, "Indicators") {
				try(func() { v.Set(v.Slice(0, v.Len()-1)) })
			}
		case reflect.String:
			switch {
			case strings.HasSuffix(path, ".Date"):
				try(func() { v.SetString("2020-01-01T05:00:00Z") })
			case strings.HasSuffix(path, ".Type") && strings.Contains(path, "Indicators"):
				if told := groupName(v.String(), "en"); told != "" && told != groupName("domain", "en") {
					try(func() { v.SetString("domain") })
				}
			case strings.HasSuffix(path, ".Defanged"), strings.HasSuffix(path, ".Pattern"):
				field := path[strings.LastIndexByte(path, '.')+1:]
				i := reflect.ValueOf(n.Content.Originals[0].Facts.Indicators)
				if strings.Contains(path, "Originals[1]") {
					i = reflect.ValueOf(n.Content.Originals[1].Facts.Indicators)
				}
				for at := range i.Len() {
					one := i.Index(at)
					if one.FieldByName(field).Addr().Interface() == v.Addr().Interface() &&
						(one.FieldByName("Benign").Bool() || groupName(one.FieldByName("Type").String(), "en") == "") {
						return // not told
					}
				}
				if strings.Contains(path, "Originals[1]") && v.String() == "evil[.]example" {
					try(func() { v.SetString("changed") }) // told once for both originals, and now twice
					return
				}
				try(func() { v.SetString("changed") })
			default:
				try(func() { v.SetString("changed") })
			}
		case reflect.Int:
			try(func() { v.SetInt(v.Int() + 1) })
		case reflect.Bool:
			if strings.HasSuffix(path, ".Inline") {
				try(func() { v.SetBool(!v.Bool()) })
			}
		default:
			t.Fatalf("Content%s is a %s, which this test cannot change", path, v.Kind())
		}
	}
	n := richNotice()
	walk(reflect.ValueOf(&n.Content).Elem(), "", &n)
	if changed < 40 {
		t.Errorf("only %d fields were changed", changed)
	}
	if digestOf(t, c, n) != was {
		t.Fatal("the test did not put back what it changed")
	}

	n.Content.Originals[0].Facts.Indicators[1].Benign = false
	if digestOf(t, c, n) == was {
		t.Error("the digest does not change when an indicator is told that was not")
	}
	for name, change := range map[string]func(*store.Notice){
		"the label":    func(n *store.Notice) { n.TLP = tlp.Green },
		"the kind":     func(n *store.Notice) { n.Kind = store.KindAlert },
		"the revision": func(n *store.Notice) { n.Revision = 2 },
		"the notice":   func(n *store.Notice) { n.ID = "n2" },
	} {
		n := richNotice()
		change(&n)
		if digestOf(t, c, n) == was {
			t.Errorf("the digest does not change with %s", name)
		}
	}
}

func TestDigestBindsToTemplatesAndSettings(t *testing.T) {
	was := digestOf(t, testComposer(t), richNotice())
	for _, name := range []string{"notice.ja.txt", "notice.en.txt"} {
		c := testComposer(t)
		template.Must(c.Templates.New(name).Parse("{{.TLP}} {{.Serial}} {{.Title}}\n"))
		if digestOf(t, c, richNotice()) == was {
			t.Errorf("the digest does not change with the template %s", name)
		}
	}
	for name, change := range map[string]func(*Composer){
		"name": func(c *Composer) { c.HubName += "x" }, "English name": func(c *Composer) { c.HubNameEN += "x" }, "From": func(c *Composer) { c.From = "x@hub.example" },
		"Reply-To": func(c *Composer) { c.ReplyTo = "x@hub.example" }, "List-Id": func(c *Composer) { c.ListID += "x" },
		"prefix": func(c *Composer) { c.Prefix += "x" }, "contact line": func(c *Composer) { c.ContactLine += "x" },
	} {
		c := testComposer(t)
		change(c)
		if digestOf(t, c, richNotice()) == was {
			t.Errorf("the digest does not change with the hub's %s", name)
		}
	}
}

// What is approved before the release must be what is released: the digest does
// not depend on when it is asked for, nor on what the release adds.
func TestDigestIsStable(t *testing.T) {
	was := digestOf(t, testComposer(t), richNotice())
	n := richNotice()
	n.State, n.Reason, n.FiscalYear, n.Serial = store.NoticeAwaiting, "x", 0, 0
	n.Released, n.Created, n.Approved, n.Changed = time.Time{}, time.Now(), time.Now(), time.Now()
	n.ApprovedBy, n.ApprovedDigest = "operator", was
	if digestOf(t, testComposer(t), n) != was {
		t.Error("the digest depends on the time, the state or the serial")
	}
	// The content goes through the ledger as JSON.
	b, err := json.Marshal(n.Content)
	if err != nil {
		t.Fatal(err)
	}
	n.Content = store.Content{}
	if err := json.Unmarshal(b, &n.Content); err != nil {
		t.Fatal(err)
	}
	if digestOf(t, testComposer(t), n) != was {
		t.Error("the digest changes when the content was written to the ledger and read again")
	}
}
