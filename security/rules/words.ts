/** Word lists that rules of several categories share. All are alternatives in the sense of `any` in pattern.ts. */
import { any, word } from './pattern.ts';

/** What is given to a model to obey. */
export const ORDERS: string = any(
  'instructions? prompts? rules? directives? commands? guidelines? orders? directions? programming guidance policy policies constraints? restrictions? training protocols? safeguards? mandates?',
);

/** Where those came from, or when. */
export const EARLIER: string = any(
  'previous previously+given prior preceding earlier above former foregoing initial original existing current old past last first pre-?existing system developer operator default standing hidden built-?in programmed given safety ethical internal',
);

/** Words that may stand between the verb and its object. */
export const FILLER: string = any(
  `all any every each the your you you'?ve my these those this that of absolutely entirely completely fully totally everything anything whatever one ones single both other and in from with it its been were have about to i me we our what which said told`,
);

/** How a text addresses the machine that reads it. */
export const MACHINE: string = any(
  `assistants? ai ais a\\.i\\. llms? chat-?bots? bots? agents? copilots? co-?pilots? (?:language|reader|reading|cataloguing|ai)+models? crawlers? chatgpt gpt(?:-?[345]o?)? claude gemini model models summari[sz]ers? parsers? scrapers?`,
);

/** Things that must not leave the house. */
export const SECRET: string = word(
  `passwords? passphrases? passcodes? credentials? api+?keys? secret+?keys? secrets access+?keys? access+codes? private+(?:ssh+)?keys? ssh+keys? signing+(?:keys?|secrets?) encryption+keys? (?:session|access|refresh|auth|oauth|bearer|api|bot|security|id|xoxb|guarded)+tokens? tokens? cookies env(?:ironment)?+var(?:iable)?s? (?:every|all|the)+environment+variables? connection+strings? seed+phrases? recovery+codes? backup+codes? two-?factor+(?:backup+)?codes? 2fa+codes? one-?time+codes? verification+codes? card+numbers? credit+cards?+(?:numbers?|details)? payment+methods ibans?`,
);

/** Files that hold secrets; written as paths. */
export const SECRET_FILE: string = String.raw`(?:(?<!\w)\.env(?![\w-]|\.(?:example|sample|template|dist))(?:\.[a-z]{1,12})?|\.ssh\b|id_(?:rsa|ed25519|ecdsa|dsa)\b(?!\.pub)|\.aws\b|\.npmrc\b|\.netrc\b|\.pypirc\b|\.git-credentials\b|\.docker\/config|\.kube\/config|\bkube-?config\b|\.gnupg\b|\.pgpass\b|\.bash_history\b|\.zsh_history\b|\/etc\/(?:passwd|shadow)\b|\/proc\/(?:self|\d{1,7})\/environ\b|credentials\.json\b|secrets?\.ya?ml\b|secrets?\.json\b|wallet\.dat\b|keystore\.jks\b|login data\b|serviceaccount\/token\b|\/run\/secrets\b|terraform\.tfstate\b|private[-_]?key\.pem\b)`;

/** A place outside: an address, a URL, a webhook. */
export const OUTSIDE: string = String.raw`(?:\bhttps?:\/\/|[\w.+-]{1,40}@[\w-]{1,40}\.|webhooks?\b|(?:pastebin|telegram|discord|transfer\.sh|ngrok|gist)\b)`;

/** What a jailbreak is made to obtain. Only topics whose plain wording is an offer of harm; a novel may name one, rarely three words after "how to". */
export const HARM: string = any(
  `(?:cook|make|making|synthesi[sz]e|produce)+(?:illegal+)?(?:drugs?|meth\\w{0,12}|lsd|mdma|heroin|crack) (?:pipe+)?bombs? explosives? molotov napalm nerve+(?:gas|agents?) ricin untraceable+(?:weapon|gun|poison) ghost+gun poison(?:ing)?+(?:a|an|the|someone|my|his|her|dogs?|water|reservoir)\\b phishing+(?:site|page|mail|kit) ransomware keyloggers? malware stalkerware stolen+(?:cards?|credit+cards?|identit(?:y|ies)) launder(?:ing)?+money money+laundering forg(?:e|ing)+(?:a+)?(?:passport|cheque|check|signature|prescription) fake+(?:passports?|ids?|id+cards?) counterfeit(?:ing)? hotwir(?:e|ing) pick(?:ing)?+the+lock shoplift(?:ing)? ankle+monitor airport+security hit+and+run insurance+fraud tax+fraud credit+card+fraud stalk(?:ing)?+(?:someone|a|my|her|his|an) blackmail(?:ing)? deepfake extort(?:ion)? human+traffick\\w{1,6} kill(?:ing)?+(?:someone|a+person|people|my|him|her) murder(?:ing)?+(?:someone|my) hack(?:ing)?+(?:into|a+school|someone|my) break(?:ing)?+into suicide+method self-?harm bioweapon dirty+bomb swatting date+rape`,
);
