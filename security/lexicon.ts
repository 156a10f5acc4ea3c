/**
 * Words by which an order to a model is recognised even when its letters were shuffled, shifted or written backwards.
 * The normaliser looks for them in disguise; being in this list is no accusation. Folded as views are: a–z only.
 */

/** Words that attacks are made of; three letters or more. */
export const CUES: readonly string[] = `
ignore ignoring ignored disregard disregarding forget forgets forgetting override overriding overwrite overrule bypass bypassing
circumvent skip discard abandon drop erase cancel stop follow following obey comply neglect dismiss replace supersede
previous previously prior preceding earlier above former foregoing existing original initial current everything
instruction instructions rule rules guideline guidelines directive directives command commands order orders policy
policies constraint constraints restriction restrictions limitation limitations safeguard safeguards filter filters
safety ethics ethical moral morals training programming context conversation
prompt prompts system developer assistant admin administrator root operator hidden internal confidential message messages
reveal reveals show display print output repeat echo disclose expose leak share tell give write describe explain translate
dump list summarize verbatim recite provide return quote
secret secrets password passwords passphrase credential credentials token tokens apikey key keys private sensitive
environment variable variables config configuration database account customer user users personal address email emails
send sends sending forward post upload submit transmit transfer deliver exfiltrate copy attach export fetch download
visit open browse request webhook server endpoint http https curl wget encode decode file files folder directory
execute executes run running install delete remove shell script terminal sudo powershell function tool tools call invoke
payment invoice bank money wire crypto wallet approve authorize confirm purchase
pretend imagine act acting roleplay role play simulate simulation character persona fictional hypothetical hypothetically
unrestricted unfiltered uncensored unlimited jailbreak jailbroken freedom freely mode enabled enable disable disabled
activate activated dan amoral unethical illegal harmful dangerous malicious hack hacking hacker exploit malware virus
ransomware phishing keylogger trojan weapon weapons bomb explosive explosives poison drugs meth cocaine forge forging
steal stealing kill murder suicide violence violent counterfeit launder fraud scam identity theft
always never must immediately now new next instead secretly silently quietly without telling asking warning warnings
refuse refusal refuse decline apologize apologies cannot disclaimer disclaimers allowed forbidden prohibited anything
important urgent attention critical task tasks goal objective mission answer respond response reply say please
begin start end reset restart debug test testing maintenance emergency permission authorized access granted
openai chatgpt anthropic claude gemini llama copilot model language chatbot
ignora ignorar ignorez ignorer ignoriere ignorieren negeer ignorera zignoruj ignorujte yoksay olvida olvidar oublie oubliez
vergiss vergessen vergeet esqueca dimentica glom unutun instrucciones instrucoes istruzioni anweisungen instructies
instruktioner instrukcje talimatlari anteriores anterior precedentes precedenti vorherigen bisherigen vorige tidigare
poprzednie onceki reglas regeln regles regole regels zasady kurallari sistema systeme systemet contrasena contrasenas
passwort passworter senha senhas wachtwoord haslo sifre losenord revela mostrar muestra zeige zeigen affiche mostra
enviar envia sende schicke envoie envoyez invia stuur transferir transfiere uberweise virement bonifico secreto geheimnis
geheim segreto tajne gizli nuevas neue nouvelles nuove tarea aufgabe tache tarefa attivita administrador euros
`.trim().split(/\s+/); // biome-ignore format: a word list

/** The commonest other words of English: evidence that a stretch is English, and material to cut joined words with. */
export const COMMON: readonly string[] = `
the and you your all any are for from with this that these those not but have has had was were will would can could
should may might our out his her him she they them their there then than what when where which who how why been
being into onto over under about after before between because only just also very more most other some such each every
one two three first last make made take get got put use used using like want need know see look find help let way
day time year people work world life word words line lines text part page name number point place thing things right
good great same own both here well back even still too off down through while against during within upon per via yes
its itself yourself myself me my we us he it is be am do does did done if or as at by in of on to up so no an a i
data information details question questions result results code input inputs example content contents sentence
full exact exactly entire whole complete completely true false real free
`.trim().split(/\s+/); // biome-ignore format: a word list

/**
 * Words that are one slip or one mirror away from a cue and are words themselves: found in the benign training texts
 * (two texts at least), in English, its neighbours and code. They are never respelled.
 */
export const INNOCENT: readonly string[] = `
cloud rest uses identify won person elif oder serve executed nur summarise star enables sell httpx decide commande quite
hacer rely wrote developed reuse ignores stat modell ease repl served hacked director emit encore violet clause dna emas
statt modal formed reste trap activates forme filed sens exiting quot tiles disables prio execut compl drug httpd eras
persons crypt strat interna responde transit nal conservation seal tolls conform ordre shard earnings klama backing liens
precious sensing flies warming begun filtr contest forte confi starr shade lama constrain zoo filer steak instal warnung
debut constrains provid loot shar filtre pior beginn eman underway expos promot sever fore morale pinot modals pleas erse
authorised apologise mora fils resting expor privat clade wen form forms trail trails trial revel forge forges forged
pint reals salve slave sever deny tent tested texts signore taken spent opens floor
systems systemd sistem tara sense sences nueva nouvelle regel vorherige euro affich envoi poprzedni attivit tane precedente
kurallar regla gung envie identit visi rebels halo texting precedent hazlo ignorat zweite tarda nostra zeiten regen ruled
talimatlar nuestra kural reglen senna glory tarja sender tells asked frau
`.trim().split(/\s+/); // biome-ignore format: a word list
