package id128_test

import (
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/id128"
)

func TestParse(t *testing.T) {
	const plain, uuid = "3d1219c7c4c5404aaa1f6d2a48adfda4", "3d1219c7-c4c5-404a-aa1f-6d2a48adfda4"
	for _, text := range []string{plain, uuid, strings.ToUpper(plain), strings.ToUpper(uuid)} {
		if id, err := id128.Parse(text); err != nil || id.String() != plain || id.UUID() != uuid || id.IsZero() {
			t.Errorf("%s: %s, %s, %v", text, id, id.UUID(), err)
		}
	}
	for _, text := range []string{"", plain[1:], plain + "0", "{" + uuid + "}", strings.Replace(uuid, "-c", "c-", 1),
		strings.Repeat("x", 32), strings.Repeat("-", 36), plain + "\n"} {
		if id, err := id128.Parse(text); err == nil {
			t.Errorf("%q: %s", text, id)
		}
	}
	if _, err := id128.ParsePlain(uuid); err == nil {
		t.Error("a UUID is taken for the plain spelling")
	}
}

func TestAppSpecific(t *testing.T) {
	for _, c := range []struct{ base, app, want string }{ // what the oracle made of them
		{"3d1219c7c4c5404aaa1f6d2a48adfda4", "00000000000000000000000000000001", "c92b12aba31e4236a2296560761415ec"},
		{"3d1219c7c4c5404aaa1f6d2a48adfda4", "3d1219c7c4c5404aaa1f6d2a48adfda4", "6ee98def028d497e921fedd41f3136a6"},
	} {
		base, err := id128.Parse(c.base)
		if err != nil {
			t.Fatal(err)
		}
		app, err := id128.Parse(c.app)
		if err != nil {
			t.Fatal(err)
		}
		if got := base.AppSpecific(app).String(); got != c.want {
			t.Errorf("%s for %s: %s, want %s", c.base, c.app, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("3d1219c7c4c5404aaa1f6d2a48adfda4")
	f.Add("3d1219c7-c4c5-404a-aa1f-6d2a48adfda4")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := id128.Parse(text)
		if err != nil {
			return
		}
		if text = strings.ToLower(text); id.String() != text && id.UUID() != text {
			t.Errorf("%q is read as %s", text, id)
		}
	})
}
