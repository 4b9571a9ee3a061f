package configs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Registry is a hub's own addresses and its members in one document: what kairan
// rehearse is told in the place of a configuration and an import.
type Registry struct {
	// Address is the report mailbox, NoticeFrom where notices come from, AuthservID
	// the name by which the hub's mail server signs its verdicts.
	Address, NoticeFrom, AuthservID string
	Members                         []Member // Line is the place in the list, from 1
}

// ParseRegistry reads a registry:
//
//	{"hub": {"address": …, "authserv_id": …, "notice_from": …},
//	 "members": [{"id": …, "sector": …, "names": […], "kana": […], "abbreviations": […],
//	              "domains": […], "reporters": […], "contacts": […]}]}
//
// What it does not know is passed over. Members are held to the same rules as by
// [ParseMembers]; with anything wrong nothing is returned, and the error names every
// place without repeating a value: they are secrets.
func ParseRegistry(r io.Reader) (Registry, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxCSV+1))
	if err != nil {
		return Registry{}, err
	}
	if len(text) > maxCSV {
		return Registry{}, errors.New("the file is larger than 64 MiB")
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var in struct {
		Hub struct {
			Address    string `json:"address"`
			AuthservID string `json:"authserv_id"`
			NoticeFrom string `json:"notice_from"`
		} `json:"hub"`
		Members []struct {
			ID            string   `json:"id"`
			Sector        string   `json:"sector"`
			Names         []string `json:"names"`
			Kana          []string `json:"kana"`
			Abbreviations []string `json:"abbreviations"`
			Domains       []string `json:"domains"`
			Reporters     []string `json:"reporters"`
			Contacts      []string `json:"contacts"`
		} `json:"members"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return Registry{}, jsonFault(text, err)
	}
	reg := Registry{Address: in.Hub.Address, NoticeFrom: in.Hub.NoticeFrom, AuthservID: in.Hub.AuthservID}
	var bad faults
	for _, a := range [][2]string{{"hub.address", reg.Address}, {"hub.notice_from", reg.NoticeFrom}} {
		if !validAddress(a[1]) {
			bad.add("%s is no mail address of the plain form name@domain", a[0])
		}
	}
	if reg.AuthservID == "" {
		bad.add("hub.authserv_id is missing; without it no sender is believed")
	}
	if len(in.Members) == 0 {
		bad.add("there are no members")
	}
	ids, reporters := map[string]int{}, map[string]int{}
	for i, m := range in.Members {
		n := i + 1
		wrong := func(what string) { bad.add("member %d: %s", n, what) }
		one := Member{Line: n, ID: m.ID, Ceptoar: m.Sector, Names: filled(m.Names), Kana: filled(m.Kana), Abbreviations: filled(m.Abbreviations),
			Domains: filled(m.Domains), Reporters: filled(m.Reporters), ContactAddrs: filled(m.Contacts)}
		for _, id := range [][2]string{{"id", m.ID}, {"sector", m.Sector}} {
			if !validID(id[1]) {
				wrong(id[0] + " must be 1 to 64 letters, digits, hyphens or underscores")
			}
		}
		if first, ok := ids[m.ID]; ok {
			wrong(fmt.Sprintf("id is that of member %d too", first))
		}
		ids[m.ID] = n
		if len(one.Names) == 0 {
			wrong("names is empty")
		}
		for _, names := range [][]string{one.Names, one.Kana, one.Abbreviations} {
			for _, name := range names {
				if len(name) > maxField || strings.ContainsAny(name, "\r\n\x00") {
					wrong("a name is longer than 4,096 bytes or holds a line break")
				}
			}
		}
		one.check(wrong)
		for _, a := range one.Reporters {
			a = strings.ToLower(a)
			if first, ok := reporters[a]; ok && first != n {
				wrong(fmt.Sprintf("reporters: one is that of member %d too", first))
			}
			reporters[a] = n
		}
		reg.Members = append(reg.Members, one)
	}
	if err := errors.Join(bad...); err != nil {
		return Registry{}, err
	}
	return reg, nil
}

// jsonFault says where a document is wrong. The decoder's own words may quote it.
func jsonFault(text []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	line := func(offset int64) int { return 1 + strings.Count(string(text[:min(int(offset), len(text))]), "\n") }
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("line %d: %s is of another type", line(kind.Offset), kind.Field)
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: it is no JSON", line(syntax.Offset))
	}
	return errors.New("it is no JSON object with a hub and members")
}

// filled are the values that are not empty, without white space around them.
func filled(all []string) []string {
	var some []string
	for _, v := range all {
		if v = strings.TrimSpace(v); v != "" {
			some = append(some, v)
		}
	}
	return some
}

// faults are what is wrong with a file, the first of them.
type faults []error

func (f *faults) add(format string, args ...any) {
	if len(*f) < maxTold {
		*f = append(*f, fmt.Errorf(format, args...))
	}
}
