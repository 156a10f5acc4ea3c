/** Named character references (HTML living standard §13.5): the Latin-1 set, and the ones that hide ASCII or nothing. */

const LATIN1 = `nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute
micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil
Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute
Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute
icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml`;

const OTHERS = `Tab=9 NewLine=10 excl=33 quot=34 QUOT=34 num=35 dollar=36 percnt=37 amp=38 AMP=38 apos=39 lpar=40 rpar=41
ast=42 midast=42 plus=43 comma=44 period=46 sol=47 colon=58 semi=59 lt=60 LT=60 equals=61 gt=62 GT=62 quest=63 commat=64
lsqb=91 lbrack=91 bsol=92 rsqb=93 rbrack=93 Hat=94 lowbar=95 grave=96 lcub=123 lbrace=123 verbar=124 vert=124 rcub=125
rbrace=125 fjlig=102 OElig=338 oelig=339 Scaron=352 scaron=353 Yuml=376 fnof=402 ensp=8194 emsp=8195 thinsp=8201 zwnj=8204
zwj=8205 lrm=8206 rlm=8207 hyphen=8208 dash=8208 ndash=8211 mdash=8212 lsquo=8216 rsquo=8217 sbquo=8218 ldquo=8220
rdquo=8221 bdquo=8222 bull=8226 hellip=8230 prime=8242 lsaquo=8249 rsaquo=8250 NoBreak=8288 euro=8364 trade=8482
larr=8592 rarr=8594 minus=8722 imath=305 inodot=305 jmath=567`;

/** Name without `&` and `;` → code point. */
export const ENTITIES: ReadonlyMap<string, number> = new Map([
  ...LATIN1.split(/\s+/).map((name, i) => [name, 160 + i] as const),
  ...OTHERS.split(/\s+/).map((entry) => [entry.split('=')[0]!, Number(entry.split('=')[1])] as const),
]);
