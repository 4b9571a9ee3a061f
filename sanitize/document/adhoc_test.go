package document
import ("testing";"strings";"time";"fmt")
func TestAdhoc(t *testing.T){
 for name,f:=range map[string]func(n int)string{
  "script t":func(n int)string{return strings.Repeat("<script>t",n/9)},
  "tags":func(n int)string{return "<script>"+strings.Repeat(`<a ="`,n/5)},
  "tags2":func(n int)string{return "<script></script>"+strings.Repeat(`<a ='x>" `,n/9)},
  "lt":func(n int)string{return "<script></script>"+strings.Repeat(`<`,n)},
  "quotes":func(n int)string{return "<script>"+strings.Repeat(`'\`,n/2)},
  "quotes2":func(n int)string{return "<script>"+strings.Repeat("'\"`",n/3)},
  "brackets":func(n int)string{return "<script>"+strings.Repeat(`("a"+`,n/5)},
  "brackets2":func(n int)string{return "<script>"+strings.Repeat(`(`,n)},
  "atob":func(n int)string{return "<script>"+strings.Repeat(`atob("a"+`,n/9)},
  "lists":func(n int)string{return "<script>"+strings.Repeat(`["a",`,n/5)},
  "methods":func(n int)string{return "<script>"+strings.Repeat(`"a".replace("b",`,n/16)},
  "regex":func(n int)string{return "<script>"+strings.Repeat(`=/[a`,n/4)},
  "replre":func(n int)string{return "<script>"+strings.Repeat(`"a".replace(/b`,n/14)},
  "self":func(n int)string{return "<script>var a='x';"+strings.Repeat(`a=a+"x";`,n/8)},
  "vars":func(n int)string{return "<script>var a='"+strings.Repeat("x",n/2)+"';"+strings.Repeat(`b=a+"x";`,n/16)},
  "rev":func(n int)string{return `<script>x="`+strings.Repeat("a",n/2)+`"`+strings.Repeat(`.split("").reverse().join("")`,n/60)},
  "handlers":func(n int)string{return strings.Repeat(`<a onclick='"a"`+strings.Repeat(`.replace("a","aaaaaaaaa")`,6)+`'>`,n/180)},
  "b64":func(n int)string{return "<script>"+strings.Repeat(`"QUJDREVGR0hJ`+`SktM",`,n/19)},
  "dots":func(n int)string{return "<script>"+strings.Repeat(`a.`,n/2)},
  "many strs":func(n int)string{return "<script>"+strings.Repeat(`"http://a",`,n/11)},
  "nums":func(n int)string{return "<script>"+strings.Repeat(`1,`,n/2)},
  "nums3":func(n int)string{return "<script>"+strings.Repeat(`1,2,3,a,`,n/8)},
  "amp":func(n int)string{return "<p onclick="+strings.Repeat(`&`,n)},
  "attrs":func(n int)string{return "<p "+strings.Repeat(`onclick=a `,n/10)},
  "bt":func(n int)string{return "<script>"+strings.Repeat("`${a",n/4)},
  "plus":func(n int)string{return "<script>"+strings.Repeat(`"a"+`,n/4)},
  "comments":func(n int)string{return "<script>"+strings.Repeat(`/*`,n/2)},
  "urls":func(n int)string{return "<script>"+strings.Repeat(`http://`,n/7)},
  "slashslash":func(n int)string{return "<script>"+strings.Repeat(`\\a.b`,n/5)},
  "pct":func(n int)string{return "<script>'"+strings.Repeat(`%25`,n/3)+"'"},
  "nest":func(n int)string{return strings.Repeat("<script>'<script>\"",n/18)},
  "eq":func(n int)string{return "<script>'A"+strings.Repeat(`=`,n)+"'"},
 }{
  var d [2]time.Duration
  for i,n:=range []int{500_000,1_000_000}{
   s:=[]byte(f(n)); st:=time.Now(); r:=Smuggled(s,Limits{}); d[i]=time.Since(st); _=r
  }
  fmt.Printf("%-12s %v %v\n",name,d[0].Round(time.Millisecond),d[1].Round(time.Millisecond))
 }
 for name,f:=range map[string]func(n int)(string,string){
  "xml amp":func(n int)(string,string){return "a.library-ms","<libraryDescription>"+strings.Repeat("&",n)},
  "xml attr":func(n int)(string,string){return "a.library-ms","<libraryDescription "+strings.Repeat("a=",n/2)},
  "xml open":func(n int)(string,string){return "a.library-ms","<libraryDescription>"+strings.Repeat("<a b=\"",n/6)},
  "xml open2":func(n int)(string,string){return "a.library-ms","<libraryDescription>"+strings.Repeat("<a b='>",n/6)+"\""},
  "xml cm":func(n int)(string,string){return "a.library-ms","<libraryDescription>"+strings.Repeat("<!--",n/4)},
  "ics":func(n int)(string,string){return "a.ics",strings.Repeat("A:=\n",n/4)},
  "ics2":func(n int)(string,string){return "a.ics","A;QUOTED-PRINTABLE:"+strings.Repeat("=\n",n/2)},
  "ics3":func(n int)(string,string){return "a.ics","A:"+strings.Repeat("\n ",n/2)},
  "bat":func(n int)(string,string){return "a.bat",strings.Repeat("QUFB ",n/5)},
  "vbs":func(n int)(string,string){return "a.vbs",strings.Repeat("x=x & \"a\"\n",n/10)},
  "vbs2":func(n int)(string,string){return "a.vbs",strings.Repeat("\"a\" & _\n",n/8)},
  "ps":func(n int)(string,string){return "a.ps1",strings.Repeat("'a' -f 'b',",n/11)},
  "ps2":func(n int)(string,string){return "a.ps1",strings.Repeat("'a' -replace ",n/13)},
  "ps3":func(n int)(string,string){return "a.ps1",strings.Repeat("@'",n/2)},
  "ps4":func(n int)(string,string){return "a.ps1",strings.Repeat("\"$a",n/2)},
  "one":func(n int)(string,string){return "a.one",oneMagic+strings.Repeat("a\x00.\x00j\x00s\x00\x00\x00",n/10)},
  "one2":func(n int)(string,string){return "a.one",oneMagic+strings.Repeat(oneFileGUID,n/16)},
  "zip":func(n int)(string,string){return "a.docx",strings.Repeat("PK\x03\x04",n/4)},
  "plist":func(n int)(string,string){return "a.webloc","bplist00"+strings.Repeat("a://",n/4)},
  "fields":func(n int)(string,string){return "a.xml",`<?xml?><pkg:package>`+strings.Repeat(`<w:fldChar fldCharType="begin"/><w:instrText>QUOTE a `,n/60)},
 }{
  var d [2]time.Duration
  for i,n:=range []int{500_000,1_000_000}{
   nm,c:=f(n); st:=time.Now(); r:=Read([]byte(c),"",nm,Limits{}); d[i]=time.Since(st); _=r
  }
  fmt.Printf("%-12s %v %v\n",name,d[0].Round(time.Millisecond),d[1].Round(time.Millisecond))
 }
}
