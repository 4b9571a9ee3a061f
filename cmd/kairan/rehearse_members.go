package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"kairan/store"
)

// maxMembersFile bounds a file of members: 5,000 organisations take 5 MB.
const maxMembersFile = 64 << 20

// rehearsedMembers is a hub's own addresses and its members as one JSON document:
// what kairan rehearse is told instead of a configuration and an import.
type rehearsedMembers struct {
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

func readRehearsedMembers(file string) (m rehearsedMembers, err error) {
	f, err := os.Open(file)
	if err != nil {
		return m, usageError{fmt.Sprintf("the members cannot be read: %v", err)}
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxMembersFile)).Decode(&m); err != nil {
		return m, usageError{fmt.Sprintf("%s: not the JSON that kairan help rehearse tells: %v", inLine(file), err)}
	}
	for key, address := range map[string]string{"hub.address": m.Hub.Address, "hub.notice_from": m.Hub.NoticeFrom} {
		if local, domain, ok := strings.Cut(address, "@"); !ok || local == "" || domain == "" {
			return m, usageError{fmt.Sprintf("%s: %s is no address", inLine(file), key)}
		}
	}
	return m, nil
}

// domain is that of the hub's mail.
func (m rehearsedMembers) domain() string {
	_, domain, _ := strings.Cut(m.Hub.NoticeFrom, "@")
	return strings.ToLower(domain)
}

// ceptoars are the sectors that occur.
func (m rehearsedMembers) ceptoars() []store.Ceptoar {
	var all []store.Ceptoar
	known := map[string]bool{}
	for _, r := range m.Members {
		if !known[r.Sector] {
			known[r.Sector] = true
			all = append(all, store.Ceptoar{ID: store.CeptoarID(r.Sector), SectorJA: r.Sector, SectorEN: r.Sector, NameJA: r.Sector, NameEN: r.Sector})
		}
	}
	return all
}

func (m rehearsedMembers) members() []store.Member {
	var all []store.Member
	for _, r := range m.Members {
		names := append(append(append([]string(nil), r.Names...), r.Kana...), r.Abbreviations...)
		all = append(all, store.Member{ID: store.MemberID(r.ID), Ceptoar: store.CeptoarID(r.Sector), Names: names,
			Domains: r.Domains, Reporters: r.Reporters, Addresses: r.Contacts})
	}
	return all
}
