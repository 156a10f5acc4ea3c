/**
 * Two tables for the undoing of slips and leetspeak, beside the cues of lexicon.ts. Folded as views are: a–z only.
 * RULE_WORDS are the literal words of the rules' patterns (test/security/normalize/vocabulary.test.ts compares them), kept
 * here because the normaliser does not import the rules. ORDINARY are the 2,000 words that most benign training texts use.
 */

/** Words that a rule's pattern needs, four letters or more, none of them in CUES or COMMON: what a slip is respelled to. */
export const RULE_WORDS: readonly string[] = `
abaikan abandonne abandonnez abide absolutely abstraction accept accounts acima action active acts actual additional addresses adicion
administrators advice advise affichez again agent agente agenten agents agreed agreg airport ajout alarm alert alerting alignment alle alles
allow alma already analyst analysts anarchy anda ankle annot annule annulez answering answers anteriormente antes antivirus antworte anula
anweisung apologises apology append application applications applies apply appointment appointments approval approved archivos arguments
aria arriba ascii aside asisten asistente asked asks assistants assistent assistente atas atbash aturan audit auditor auth authenticate
authorises authorizes automated automatic automatis automatisch autonomous avant avis avisar aviso avvisare awal away axios backup backups
bagi balewalain banana banking banned baru base based bash beacon bearer befehl befehle befolge befolgen beginning behalf below benutzer
beri bericht berweise billing binary bioweapon bitcoin blackmail blob block body bombs book booking bookings books boring borra bortse
bother bots bound boundaries braille branch branches break breaking broke broken browser browsing bucket build built bypassed bypasses bytes
caesar calendar calling came camera canceled cancella candidate cannotare cannotis cant card cards care carry caso cataloguing catatan ceci
censor censorship chains change changed channel chaos characters chat chatbots chave check checking checks cheque chia chiave children
cipher ciphers clave cleared client codes coding collaborator collaborators collect color comandi comandos come comment commit como company
compartas comparte compartilh compartilhar compartilhe compartir compass compito complies compte computer concerns condividi condividire
configured confines confirmed connect connection conscience consent consented consents consequences considerations consignes console
constrained contact contacts contain containing conte contempt contestar contexte contexto continue contract contracts contrase
controversial conversations cook cookie cookies copies copilots count crack crash crawler crawlers create creator creators credit crime
crucial cual dadas dados dame dammi dashboard date dati deactivate deactivated dead dear deceased decipher decir decoded decoding decrypt
deepfake default dein deine deinen deiner deja deleted delivery demande dentes depart deposit descarta descarte desconsidera desconsidere
description desestima desk desobedeca desobedece dessus destroy detto developers deviate deze dich didn didnt dies different diga digas
digital dikkate dime dimenticare dimenticate dimenticati dimmi dire direction directions directivas directories directrices dirlo dirty
discord discreetly disregards dist distinct dizer docker document doesn doesnt dogs doing dokument dollar dollars donate donne dont door
doors double draft drafting drive drug duke dung ecdsa ecris edit editor editors eerder elimin else embed encoded encoding encrypted
encryption endoftext engaged enrol enroll enter entirely entities entity environ ersten erwahne escapes escribe esquecate esquece esquecer
esquecete essential este esto ethic euro event events ever evil exception exempt existed expert explanation explanations explicit
extortion extract factor fail failure fais faites fake falta ffffff field filename fill filtering final finance financial finished firewall
five flight flights folders folj font form fran franc freed friday fully further gate gather gave geben geen generate generates generator
genetic gesagt ghost gift gist given gives glem gles gnupg goals google governed grab grader grading grandma grandmother grant group guard
guarded guarding guardrail guardrails guida guidance guide haber hace haga hagas handles handling harm hash hashes hateful haut head header
height hello helper helpers herhaal heroin hesitation hexadecimal hide hiding hien hierboven higher highly hint hinweis hiraukan hiring
history hold holding home hotel hotwire hotwiring houd href human hundred huwag iban identities ignorad ignorando ignorare ignorate ignores
ignorier ignoriern ignoruj ignorujcie ihnen ihre ikuti image immoral imperative imposed impossible imprima imprime inappropriate inbox
include including indent indicaciones indications infile inform informar informe informed informer informing inhibitions iniciais iniciales
initiale initiales initialized insert inst instruc instrucao instructed instruksi instruktionerna insurance inte internas interpret invalid
invisible invita invitation invitations invite invoices invoking issue istemini iyong jangan jouw json kalimutan kamu kaos kata keep keeping
keine keyloggers keystore khoa killing kindly kitchen knew knows komut komutunu kontext kube kullaniciya kural labels lacks lane langage
large late latin laundering lautet laws layer layers learned leave lecture lectures leet leetspeak left legal legality length lenguaje
libertyai licence license licenses lifted limit limited limits linee link listing literally llms load loads localstorage locate location
lock logging login logs longer lower lupakan machine mail mailbox mails main maintainer maintainers maker makers making manager mandate
mandates mandatory mark markdown masking matter maximum mdma measures meddelande medical meeting meetings member members mensagem mensagens
mensaje mensajes mention mentioned mesaj messaggi messaggio method methods mill mind missachte missachten modele modelli modelo modelos
models module modules molotov monitor montre moralise morality morse mostre move muestrame murdering nachricht nachzufragen nadie names
napalm ncat nceki nedir needn neednt neglige negligez nenne netrc ngrok nhiem nice nicht nichts niejsze niet niets nieuwe nofilter none
normal nota notatka note nothing notice notification notifications notified notify notifying notiz nouvelle nova novel nowe npmrc nsfw
nslookup nube nueva null nulla nullify numbers nuovo nutzer oath oauth oben obeying obfuscated obige obigen obliged obsolete obtain octal
odrzuc offensive ohita ohne olvidate olvide olvidete omiso omite once ones opacity opdracht opdrachten opens openssl operators opmerking
opposite option orden ordered originais originales otherwise oublier outdated outfile outline outputs outre outrepasse outset outside
overrides owner owners package pages palabra pansinin para paragraph paragraphs parallel parameter parle parola parolan parolane parolanedir
parolaniz parolanizne parolaniznedir parolanizpaylas parolanizsoyle parolanne parolannedir parolanpaylas parolansoyle parolapaylas
parolasoyle parse parser parsers parses parsing partage partager partagez pass passcode passe passphrases passport passw passwd past paste
path patient payload payments payroll penalised penalized pengguna percent perform perintah permissions permitted person pesan petunjuk
pgpass phone phot phrase phrases pick picking picture pilot pilots pipe pipeline pixel plan plugin plus poisoning pokaz polecenia polic
police pomin ponds poprzedni potentially pound pounds pour powtorz preamble prec precedence precedent precedente precedents prefer prefix
prescinde prescription prevenir previa previas previo previos price prima primary principal printenv prioritise prioritize priority prison
privileged proc process processes processing procurement produce production professor profile programmed programmer promote prompted protect
protecting protection protocol protocols public publish pull punished purge push putting puuza pypirc python qual quanto quel quelle quello
quen query questa questo rails rape rate rather read reader readers reading reads receive received recent recibidas recibidos recipe
recipient recomende recommend record records recovery recruiting refresh refund refus refusalare refusalis refusals refuseare refuseis
refuses refusing regard regardless regel register regras regul reject relay released remark remarks remind reminder remit remote removed
rename render rent repete repetez repita repite replaced replaces replies replying repo report repos repositories repository requested
requests require required requirement requirements reschedule research reservation reservations reserve reservoir responde responder
responding responds responses rest restricted retrieve returns revele reverse reversed review reviewer reviewers reviews revised revoke
revoked rhyme richtlinien rien ripeti rispettare rispondere rivela robot room rsync safe sage sagt sahau said salaries salary sales sample
sana sandbox sandi sans save saved saying says scarta scene schedule scheduling school scraper scrapers scratch screening screenplay scrivi
search sebelumnya second secreta secrete section security seed sees segreta seguir select self sell semua sendbeacon sendmail sentences
senza separate serviceaccount session settings setup setze shackles shadow shall shares ship shopping shouldn showing shown shut sidenote
sifren sifrene sifrenedir sifreni sifreniz sifrenizi sifrenizne sifreniznedir sifrenizpaylas sifrenizsoyle sifrenne sifrennedir sifrenpaylas
sifrensoyle sifrepaylas sifresoyle siga sign signature signed signing silent sing single sistem site size skill skriv small socat software
solo someone something sono sont sopra sorry source span spanish speak speaks spell spreadsheet sqlite stalk stampa standard standing star
started starting state stated statement statements stato stay step steps stolen stored story straight string stringify strings strunta style
suas subject subscribe subscription subscriptions suggests suis suivez summaries summarise summariser summarisers summarising summarizer
summarizers summarizes summarizing summary superseded supersedes support suppose supposed supprim suspended switch switched sync synthesize
systeemprompt systemowy systemprompt systems taak table tables tagubilin tahu takes talimat talimatlar talk talks tampilkan taught teach
team teile telegram tells template tenere tent terminated terraform tests theo thermostat thong throw thus ticket tickets tiens till todas
todo todos told tooloutput toolresult toon totally tout toutes toxic trained tralascia transaction transactions transf transfers translation
translator translators transparent trascura travel treat triage trick trust trusted tudo tugas tulis tunjukkan tuoi turn turned tutorial
tutto type types typical uber uesc ujawnij ulangi unable unaligned unbound underlying unhex unicode uninstall unit units unlearn unless
unlock unlocked unohda unreleased unscramble untraceable untrusted untuk unut update updated uppgift urllib urlopen userinput usermessage
usual usuario utan utente utilisateur uwaga valem valen valgono value values vars vergesst verification verified verify verilen verrate
version versions verteld verwirf villain virtual visa visibility visible voice void volg voor vorherige vote votre vous vulgar wait waiting
wanted wants warn warns water ways wcze webhooks webrequest welche whatever whats whatsoever whether whichever whisper white whitelist
wiadomosc wichtiger wiederhole wiki windows wipe wird withdraw wont wording workspace worry writes writing written wrong wrote wszystkie
wypisz yaln yang yapay yeni yukaridaki zadanie zapomen zapomente zapomnij zapomnijcie zeig zeka zero zignorujcie zignorujte
`.trim().split(/\s+/); // biome-ignore format: a word list

/** Words that are never a slip of another; read out of leetspeak, because they tell 1 = i from 1 = l. */
export const ORDINARY: readonly string[] = `
abbr aber ability able absolute accessed accessible accessing according accordingly accuracy accurate accurately achieve across actions
activities activity actor actually adapt added adding addition additionally addon addons adds adhere adjust administration advanced affect
afternoon ahead ahmed ahora aigatewayroute aims akira algo algorithm algorithms alias aliasem alice align allowing allows almond along alpha
alright alternative although amazon americano amount analysis analyze analyzed analyzing ancak andere anderen android angeles animation
annotated annotation annotations annual another anwendung anyone anytime apache apenas apirouter apis aplica aplicaci appear appears apple
applicable applied applying apprentice approach approaches appropriate apps april arbitrary arcadia architecture archive archivo area areas
args argument around arquivo array arrays article articles artist aryanvichare asgi aspects assets assign assigned assist assistance
associated assume assuming astuce async asynchronous attached attack attacker attacks attempt attempts attended attribute attributes auch
audience audio aussi austin authentication author authorization auto autom automatically autre autres availability available avec average
avez avoid avoiding avoids avoir await awesome azure backend background baking balance baseline basic batch become becomes beginners behave
behavior behind beispiel benchmarks benefits berg bergen berkeley best beta better beyond bigger bill birthday bjorn black blank blender
blocked blocking blocks blog blue bluepeak board bold booked bool boolean boot border bottom boundary bread brew brief brightfield buffer
bugs building bullet bundle bunu business button byte cache cada caffeine calculate calculated calculates california callback called callers
calls cancelled capabilities capable capital cappuccino captain capture caramel carefully carla case cases casos casual catch categories
category cause causes caveats cela celsius center certain certificate cette chai chain challenge challenges changelog changes changing
channels chapter chaque char charge chatcmpl chatroom checked cheers chemin chess chiara chicago child chmod chocolate choice choices choose
choosing chosen chten circumstances city clarification clarify clarity class classe classes classification classify classname clean cleaning
cleanup clear clearly click cliente clients clone close closes cloud clubs cluster cnicos coach coffee colang collected collection colors
column columns comando combination combine combined comedy comes coming comma commande comme comments common communicate communication
community compare compatibility compatible compile compiler completed completion completions complex complexity compliance component
components compose comprehensive compute concept concepts concise conclusion condition conditions conf confidence configurations configure
confirmation connected connecting connections consejo consider considered considering consistent const constant constructor consulta
contained container containers contains continuous control controller controls conversational conversion convert copying core coreutils cork
correct correctly corresponding cors cortado cost costa counter counting country counts course cover covers craft crafting crea created
creates creating creation creative criteria cross ctrl cualquier cuando cultural curious currently cursor custom customers customize cycle
daemon daha daily dall damaged danger dann dans dari dark dass databases dataset datasets datei daten dates datetime datos days ddos debate
deber debian debugging decaf december decision decisions declarar declare declared decoration decorator deductions deep deepdive deepseek
defaults defecto defense define defined defines definir definition definitions deklarieren delay delays deletion delivered delve denne
dentro depend dependencies dependency depending depends deploy deployment deprecated depth depuis described descriptions desde design
designed desired desktop destination detail detailed detect detected detection determine deve develop developing development device devices
dialog dialogue diamonds dica dict dictionary diese diesem dieser diff difference difficult digo direct directamente directed directement
directly direkt disconnect discovery discuss discussions disk dispatch displayed displaying distance distribution diverse django dmitri
dockerfile docs doctor documenta documentaci documentation documents dokumentation domain donc donn dontcare draw drawing drink drinks
driven drone duarte duplicate duration dynamic eacute early easier easily easy edge edin editing education educational effect effective
effectively effects efficiency efficient efficiently eight eine einem einen einer eines either ejemplo ekilde element elements eleven elif
elle emojis empty enables enabling encoder encourage encrypt endpoints engage engagement engaging engine engineering english enhance
enhancing enough enrolment ensure ensures ensuring entre entries entry enum environments envoy envoyproxy equal equivalent error errors
erstellen esbuild espec especially espresso esse esta estado etag eval evaluate evaluation evanw evasion evidence examples except exceptions
exchange exclude excluding exec executable executed executing execution executor exemple exemplo exist exists exit expand expect expected
experience experiences expertise explaining explains explicitly exploitation explore exports express expression expressions extended extends
extension extensions extensive external extra extracted extracting extraction extras face facebook fact factors facts failed fails faire
fall fallback falling family farid fast fastapi fastapicloud faster faut favor fazer fazla feature features february feedback feel fernway
fetching fichier fico fields figure figures filesystem film finally finding findmovies fine finish fischer fixed fixes fixing flag flags
flash flask flex float floor flow flows focus focused focusing followed follows fonction food force forecast forma format formats formatted
formatting forms forwarded found foundation four frame framework frameworks france francisco freedesktop frequency friend friendly friends
frontend funci functionality functions funktion future gain galement game games garak garden gateway genera general generated generating
generation generic genre gets getting ghent gibi gibt github gitignore giving global goes going gold gpts graph gravity greater green greet
greeting grep greta groups growing growth guess guides guiding gzip haben habits haddad half hand handle handleclick handler handlers
handoff hanoi happen happening happens happy harbor harbour hard hashing haven having hazelnut headers health hearts heating heavily helpful
helping helps high highest hints historical holiday hook hooks host hosted hostname hour hours house however html httpexception httpx
huggingface hugo humour hybrid iced idea ideas identified identifier identify identifying ihrer images impacket impact implement implementa
implementation implemente implemented implementing implements import importance importing imports improve improvement improvements improving
inbound incident included includes incluir incoming incorporate incorrect increase inde independent index indicate indicates indicating
individual industry ines inference info informa informaci informasi informatie informationen informations informative informazioni
infrastructure inherit init initialization initialize inject injection inline insensitive inside insights inspect inspector instagram
installation installed installing instance instances instruct insulin integer integers integrate integrated integration integrations
integrity intelligence intended intent interact interaction interactions interactive interest interested interesting interface interfaces
internet interval intro introduce introduction investment invocation involves irrigation iserror isso issues item items iterate ivborw iyer
izmir jack james jane january java javascript jobs john johndoe join jokes jonas journey jsonable jsonresponse jsonrpc july june kann kaya
keith keller kept kernel kestrel keyword keywords kind kinds knowledge known kowalski krak kubernetes kullan kullanarak label labs land lang
languages lanjut larger larsen latency later latest latte launch layout lead leading league learn learning least lebih legacy legitimate
leipzig lena less lessons lets letter level levels libraries library lifespan light likely lima lindqvist links linux lisbon lista liste
listed listen lists little live lived loaded loading local localhost locally located locations logfiles logged logic logo london long
looking looks lookup loop loss love luego lugar lumen luna lunch macchiato macos maggiori maintain maintaining mais major makes malm manage
management managing manera mani manipulation manned manner manual manually many mapping marathon march marek margin market marketing
marketplace marlow master match matcha matches matching mateo materials math mdash mean meaning means measure mechanism media medium meer
meet meets memory mental menu merge merger mermaid mesma mesmo messageid meta metadata metrics metro metros microsoft middle middleware mike
milk mini minimal minimum minute minutes misma mismo missing mistral mitre mkdir mobile mocha modern modification modifications modified
modify modifying moment monday monitoring month moreau mount moved movement movie movies moving mozilla mtime much multi multiple music
myapp naddress nadia nairobi named namespace naming namount nassistant native nattributes natural nature navigate nbsp ncia nconst ndan
ndate ndef ndon near necessary necho needed needs negative nemail nemo nemoguardrails nerror nested netpbm network networking networks
neutral news newsletter nexport nfastapi nfind nfor nfrom nfunction nginx ngrep nguyen nhere nhistory nimbus nimport nine ninfo nlet nname
nnen nnotes node nodejs nodes nombre nome normally normalmente northwind notes nous novak nprice nrating nreviews nstatus nsubject nthe
nthis numeric numpy nuser nvidia nwhen nyou nyour oakline object objects objeto occurred occurrences october oder offer offering offers
office official offset often okafor okay olan olarak older oldu omar onboarding onchange onclick online openapi openings opera operating
operation operational operations opinion opportunities optimization optimize optimized optional options oracle organization origin originale
osaka others otomatik outlined overall overview owned ownership packages packets packing pacman padding padr pair pairs paper param
parameters params parent paris parking parte particular particularly partir partner parts party passed passing patch paths pattern patterns
pending perfect performance performed performing period pero persistence personality personalized perspective petrov peut pfadoperation
photo photos physical piano piece pine pitfall placeholder places plain planner planning platform platforms player players playing plot plug
plugins plusieurs pode podr points polite ponse popular population porque port portal portkey porto portuguese position positive possible
postgresql posts potential pouvez power powerful practical practice practices precise precision predefined predict preference preferences
preferred prepare prerequisites presence present preserve press pretrained prevent primavera prime principles printer privacy privilege
privileges priya probability probably probe problem problems proceed product products professional program programa programm programme
programs progress project projects promise prop proper properly properties property props proverb provided provider providers provides
providing proxy published pucu puede puedes pure purpose purposes pydantic pyproject pytorch quality qualquer quando quantity quarterly
quentin queries quick quickly quiet quillon quit quoted quotes qwen radio radius rail raise random range rank rating reach react reactive
readable readme readthedocs ready really reason reasoning recap receives receiving recipes recommended recursive recursively redirect redoc
reduce refer reference references refers reflect regards regex region registry regular related relationships relative release releases
relevant reload remain remains remember removing rendered rendering renders reporting reports represent representation representing
represents requ requires researcher resolution resolve resource resources restaurant resulting retrieval retrieves returned returning
rewrite rich rights rios risk road roles roomid rosa rossi rota rotate round route router routers routes routing rows runs runtime rust ruta
samples sandpack sauce saving scale scan scanner scenario scenarios scheduled schema schemas scheme science scope scopes score scores screen
screenshot scripts searching season seconds sections secure seeing seek seen sein selected selection sense sensitivity sent separated
september sequence sera series serve servers serverurl service serviced servicenow services servidor sessions sets settimeout setting seven
several shape shared sharing sheet shipped short shortly shot shots shows shutdown sich side sides significant silva similar simple simply
since sind situation situations sizes skills slides slow smaller snapshot snippet sobre social socket solar solid sollte solstice solution
solutions solve solving sometimes song sonnet sonra soon sort sounds sourceforge sources sous south space spaces spades spec special
specialized specific specifically specification specifics specified specifies specify specifying speculations speed split spring sqlmodel
square ssen stable stack stage staging standards starlette starts startup states static station statistics status stdin stdout stefan stock
storage store stores stories strategies strategy stream streaming street strict strictly strong structure structured structures student
students studio styles subdirectories subhead subsidies success successful successfully suffix sugar suggest suggestions suitable suits
super supplier supported supports sure survey suspense suspicious swagger sweetener symbols syntax syst systemctl systemd tags tailored
taken taking talking tallinn tamb tambi tanaka tara taraf target tasked tavern teacher teaches teaching teams tech technical technique
techniques technology temp temperature templates temporary tenant tener term termination terms termy testfile thank thanks theater theaters
theme themes themselves therefore think thinking third though thought thread threat threats threshold throughout thursday tiangolo tica
tideline tiene timeline timeout times timestamp timestamps tipo tipos tipp tips title tldr today together tomatoes toml tomorrow tone toner
tonight took topic topics torch total touch tour tous towards trace track tracking traefik traffic train transform transformers transition
tree trends tres trigger triggered trip triple trying tuesday tune twelve twice twitter typescript typically typing ubuntu umar unauthorized
undefined understand understanding unexpected union uniq unique united unix unknown unnecessary unset until unused upcoming updates updating
upgrade uploaded uploads upper upstream urls usage usando usar useeffect useful useref username uses usestate usually utilis utilisant
utiliser utilities utility utilize utilizing utils uuid uvicorn uygulaman valeur valid validate validation validations validator valor
valores vanilla vantage variety various vector veja vera verbose vers verwenden verwendet veya video videos view vision visitor visual
volume vulnerability warehouse warranty washingtondc watch weather website websocket week weight weitere welcome wenn went werden whenever
whose wide width wikipedia window wizard worker workers workflow working works workshop wrap writable writer xargs xcode ximena yaml yara
years yield yilmaz york youtube yyyy zephyra zoltan zoom
`.trim().split(/\s+/); // biome-ignore format: a word list

/** Words of attacks and of common speech that are in no other list: only to find where words were run together (gaps.ts). */
export const FURTHER: readonly string[] = `
abilities absent academic acceptable add adult advance adventure aggressive ago ai aid aim air american answered api app appearance aren
arms art artificial ask aspect attachment attachments aware aws bad bear begins believe biased big bit boss boston bottle box bring buy
buyers caption cast cat caused characteristics chemical claim claims classified cli clock cmd cold commentary compromised confident consists
continuing converted cooking costs cpu creativity credits csv cup cvv death dedicated deeper descriptive desire despite die dig dinner
disgusting disobey disrespectful dns dog emoji emotional emotions ends engineer enjoy env essay eur evading existence expensive
experiment exploring extend extreme extremely eyes fair fantasy far favorite feelings feet female fiction fight filtered fire fired fit fix
forced forever forgot formal formula forth fridge fun funny gender girl god gods gpt guest gun hair happened hat hate hear heard heart
henceforth hereby hex hit horse hot humanity humans humor husband id illness immersive income individuals inner insult intelligent intimate
invent invites involving ip island isn japan job king kitten knife lack lan laugh law leaves leaving lewd lie lies likes lips living llm log
lose lost lot lots loud loves low lying man map marked mask mcp meal melt mix mod mon mood moon mother mouth narrative naturally
navigator nda neighbour netcat night nobody numbered oak obeys occurs ok old onward onwards opening opinions optimal orbit os ought
overridden paid pain parents pay pdf pelican penalty perverted ping pirate plane plays poem poet poor posted pot praise presented prize
proactive progression prove queen race rain ram rates raw reaction realism realistic realm reasons rebel recommendations red regarding
regulations rejected rejects relativity reliable remaining repetition replacing req respect respectful responsibility responsible restricts
resume retracted reward river rooms row rude sake san scp sdk sea seem seems selling set sex shop shout sick silver sink sir sister sit
six sky sleep slur smart smell society sold sound speaking speech sql ssh strike stuff stupid subjects submitted sum summer sun supply
surprise swear synthesise tag tail tangerine tar taste tax tea tear ten thief thinks thoughts tied tip tipped tls tom tongue top tower town
toy trade tricks tries troubleshooting truth try tue ultimate ultra understood universe unsafe unsubscribe upset url usd van velvet viewer
village vulnerabilities vulnerable wage walk wall war warm wash waste weak wear web wed wei west whispers whoever wife wild willing win wind
wine winter wise wish woman women wood worse worst worth wound xml xxd yard yeah yellow yet young zip zone
cp stats supply hotwire don org com net gif jan feb apr jun jul aug sep oct nov dec mon tue thu fri everyone
`.trim().split(/\s+/); // biome-ignore format: a word list
