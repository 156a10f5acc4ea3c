/**
 * Words and pairs of words that speak for or against an attack, with weights: the table behind score.ts.
 *
 * A logistic model over their presence (Adagrad, 5 rounds, L2 0.001), fitted on half of threats/train and on the
 * authored texts at six times the weight, without `malformed` and without URLs and addresses. Of 6,500 words and pairs
 * that occur in attacks of four independent sources, or in nine benign ones, the 300 of most weight were fitted again.
 * Alone it ranks dev with an AUC of 0.86, and the authored file that was left out with 0.76. Weights are in tenths.
 */
import type { Label } from './verdict.ts';

/** What the model says of a text without any cue, in tenths. */
export const BIAS: number = -9;

/** `word weight` or `first+second weight`; attack cues stand with the category that they are most frequent in. */
export const CUES: Readonly<Record<Exclude<Label, 'malformed'>, string>> = {
  prompt_injection: `
    your+developer 26 new+task 24 must+also 22 question+and 22 request+as 22 this+before 22 answer+every 21
    not+tell 19 were+given 18 former 17 this+text 17 directives 16 attention 15 system+message 15 is+required 14
    otherwise+the 13 then+continue 13 you+were 13 continue+with 12 assistant 11 crash 11 confidential 10
    directions 10 drop 10 kindly 10 this+was 10 the+secret 9 approved 8 word 8 admin 7 cancel 7 end+of 7
    the+password 7 system 6 this 6 above 5 developer 5 instead 5 llm 4 message 4 required 4 task 4 print 3`,
  jailbreak: `
    confirm+with 26 untraceable 26 illegal 24 never+refuses 22 pick+the 22 freedom 21 bomb 20 passport 19
    absolutely 18 confines 18 confines+of 18 get+away 18 ethics 17 for+how 16 refusal 16 alignment 14
    guidelines 14 chatgpt 13 instructions+you 12 matter+what 12 moral 12 whatever 12 how+to 11 ai 10 ai+model 10
    constraints 10 will+always 10 refuse 9 reply 9 thing 9 you+will 9 every 8 safety 8 so 8 answer 7 dan 7
    does+not 7 answering 6 as+the 6 complete 6 full 6 models 6 respond 6 say 6 all 5 model 5 of+course 5
    policy 5 prompt 5 your 5 context 4 into 4 self 4 to+help 4 tutorial 4 write 4 as 3 been 3 is+not 3 now 3
    programming 3 then 3 free 2 here 2 important 2 in+character 2 instructions 2 rules 2 the+start 2 must 1`,
  data_exfiltration: `
    home+address 26 netrc 26 localstorage 25 post+them 24 messages+from 21 collect+the 20 the+internal 18
    arguments 17 not+mention 17 curl 16 and+send 14 mention+it 14 config+json 13 each+time 13 via+the 13
    saved 12 stored 12 append 11 credentials 11 agent 10 delete+the 10 dns 10 doc 10 helper 10 medical 10
    printenv 10 show+the 10 ssh 10 environ 9 subject 9 the+user 9 aws 8 read+file 8 the+delivery 8 bot 7 cat 7
    session 7 shadow 7 them+to 7 value+of 7 codes 6 comment 6 env 6 numbers 6 post 6 email 5 require 5
    retrieve 5 shared 5 database 4 password 4 document 3 share 3 them 3 addresses 2 config 2 url 2 environment 1
    page 1`,
  benign: `
    alias 19 attempts 19 bearer 17 guardrails 16 injection 16 application+json 15 gateway 15 must+not 15
    the+key 15 is+this 14 this+gpt 14 ensuring 13 interaction 13 does+the 12 an+image 11 rewrite 11 suggest 11
    concise 10 following+code 10 forget 10 ignore 10 instead+of 10 learn 10 local 10 possible 10 when+the 10
    ask 9 debug 9 fix 9 it+will 9 just+the 9 why 9 back 8 completed 8 const 8 echo 8 linux 8 make+sure 8 meet 8
    never 8 own 8 permissions 8 quick 8 see+also 8 several 8 solve 8 the+model 8 username 8 your+order 8 api 7
    contains 7 do+not 7 extract 7 level 7 logs 7 network 7 object 7 or 7 prompts 7 script 7 short 7 the+given 7
    year 7 but 6 cache 6 containing 6 delete 6 fields 6 guide 6 information 6 python 6 single 6 types 6 web 6
    within 6 data 5 docs 5 does 5 don 5 schema 5 target 5 the+number 5 txt 5 want 5 we 5 actions 4 all+the 4
    can 4 create 4 directory 4 gpt 4 hello 4 if 4 if+the 4 response 4 something 4 tip 4 which 4 you+are 4
    display 3 find 3 length 3 lines 3 more+information 3 number 3 order 3 please 3 sudo 3 text 3 the+following 3
    update 3 change 2 help 2 minutes 2 email+address 1`,
};
