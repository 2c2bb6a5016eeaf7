/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The words are from zxcvbn 4.4.2, lib/frequency_lists.js: of its 30,000 commonest passwords all of 12 and more
 * characters, and the 1000 commonest that are plain words. Their licence:
 *
 * Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc.
 *
 * Permission is hereby granted, free of charge, to any person obtaining
 * a copy of this software and associated documentation files (the
 * "Software"), to deal in the Software without restriction, including
 * without limitation the rights to use, copy, modify, merge, publish,
 * distribute, sublicense, and/or sell copies of the Software, and to
 * permit persons to whom the Software is furnished to do so, subject to
 * the following conditions:
 *
 * The above copyright notice and this permission notice shall be
 * included in all copies or substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
 * EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
 * MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
 * NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
 * LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION
 * OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
 * WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 */
#include "access/known.h"

#include <string.h>

/* Each between two spaces. */
static const char whole[] =
    " 010203040506 012345678910 014702580369 01telemike01 102030405060 1111111111zz 111222333000 "
    "111222333444555 112233445566 122333444455555 123123qweqwe 123321456654 123321qweewq 123456654321 "
    "123456782000 1234567887654321 123456789000 12345678900987654321 1234567890987654321 1234567890qaz "
    "1234567890qw 1234567890qwe 1234567890qwerty 1234567890zzz 123456789101 123456789123 1234567892000 "
    "12345678987654321 123456789987654321 123456789abc 123456789asd 123456789qaz 123456789qqq "
    "123456789qwe 123456789qwer 123456789qwerty 123456789zxc 1234567qwertyu 123456qwerty 1234qwerasdf "
    "1234qwerasdfzxcv 123qwe456rty 123qweasdzxc 123qwerty123 12qw34er56ty 159753456852 1a2s3d4f5g6h "
    "1q2w3e4r5t6y 1qa2ws3ed4rf 1qa2ws3ed4rf5tg 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw23edc "
    "1qazxsw23edcvfr4 23176djivanfros 31217221027711 32615948worms 41d8cd98f00b 4815162342lost "
    "541233432442 59382113kevinp 742617000027 89231243658s 89876065093rax a1s2d3f4g5h6 abc123456789 "
    "admin18533362 amadeusptfcor an83546921an13 andrewjackie antananarivu asdfgh123456 asdfghjkl123 "
    "auckland2010 avrillavigne bltynbabrfwbz boy4u2ownnyc bpgjldsgjldthnf businessbabe chickenwing101 "
    "christopher1 cjdthitycndj combat123654 contortionist corperfmonsy counterstrike devilmaycry4 "
    "digitalprodu dkflbvbhjdbx dkflbvbhjdyf domainlock2005 finalfantasy fkmnthyfnbdf fktrcfylhjdbx "
    "fktrcfylhjdf fktrcfylhjdyf flvbybcnhfnjh frederiksberg fucktheworld fuckyoubitch fynfyfyfhbde "
    "gfhjkmgfhjkm ghbdtnghbdtn ghbdtnrfrltkf ghhh47hj7649 ghjcnjgbpltw ghjcnjgfhjkm ghjcnjghjcnj "
    "ghjcnjqgfhjkm ghjcnjrdfibyj ghjnbdjcnjzybt gjkysqgbpltw greenlantern gtnhjpfdjlcr hd764nw5d7e1vb1 "
    "hedimaptfcor iampurehaha2 iloveboobies ilovemyfamily ingodwetrust installdevic installsqlst "
    "iseedeadpeople jamesbond007 justinbieber leavemealone lhbjkjubz2957704 lost4815162342 "
    "lytghjgtnhjdcr mailcreated5240 maprchem56458 massimiliano masterbaiting masterbating masturbation "
    "maurolarastefy mevefalkcakk michaeljackson minecraft123 minnesota_hp momsanaladventure "
    "morganstanley mortalkombat msorcloledbr needforspeed nemvxyheqdd5oqxyxyzi networkingpe "
    "newproject2004 nhecsyfujkjdt nhfdvfnjkju123 nhfycajhvths nightcrawler nondriversig olcrackmaster "
    "ontheoutside p030710p$e4o paraklast1974 password1234 passwordstandard peanutbutter playstation2 "
    "playstation3 polniypizdec0211 polniypizdec110211 pornographic ptybnxtvgbjy punksnotdead "
    "q1w2e3r4t5y6 q1w2e3r4t5y6u7 q1w2e3r4t5y6u7i8 q1w2e3r4t5y6u7i8o9p0 qawsedrftgyh qaz123wsx456 "
    "qazwsxedc123 qazwsxedcrfv qazwsxedcrfvtgb qazxswedc123 qazxswedcvfr qwaszxerdfcv qweasdzxc123 "
    "qwerasdfzxcv qwertasdfgzxcvb qwerty123456 qwerty123456789 qwertyasdfgh qwertyuiop10 qwertyuiop12 "
    "qwertyuiop123 qwertyuiop12345 qwertyytrewq residentevil rfnthbyf1988 sanfrancisco saun24865709 "
    "schoolgirlie seemnemaailm sojdlg123aljg sonnenschein sonyericsson specialinsta stickdaddy77 "
    "stinkyfinger stratocaster systemofadown temppassword thecakeisalie ticketmaster vanyarespekt "
    "vfhbyfvfhbyf vfrcbvvfrcbv vfvfvskfhfve vladimirovna warhammer40k wazzkaprivet websolutions "
    "websolutionssu webuivalidat weihnachtsbau weihnachtsbaum whosyourdaddy xxxp455w0rd5 z1x2c3v4b5n6m7 "
    "zaq1xsw2cde3 zaqwsxcderfv zcfvfzkexifz zqjphsyf6ctifgu zxcasdqwe123 zxcvbn123456 zxcvbnm123456789 ";

static const char words[] =
    " aardvark access accord action adgjmptw adidas admin airborne airforce airplane alabama alaska "
    "alejandr aleksandr alexande alexandr alexis alpha alpine amateur america anakin andrei andrey "
    "angel angels animal apache apollo apple apples aragorn arizona arsenal asdasd asdf asdfasdf asdfg "
    "asdfgh asdfghj asdfghjk asdfghjkl assassin asshole assman atlanta atlantis austin avalon avatar "
    "awesome azerty babe babes babydoll babygirl babylon badass badboy badger baller balls bambam "
    "banana bandit barbie barcelona barney baseball basket basketba bassman bastard batman beagle bear "
    "beatles beauty beaver beavis beer beetle berlin bigboobs bigboy bigcock bigdaddy bigdick bigdog "
    "bigfoot bigmac bigman bigone bigred bigtits billybob birdie bitch bitches biteme blabla blackie "
    "blahblah blaster blazer blessed blizzard blonde blondie blowjob blowme blue bluebird bluemoon "
    "bluesky bobafett bobcat bollocks bomber bondage boobies booboo boobs booger boogie boomer booty "
    "boston bowling brandy braves brazil britney bronco broncos brooklyn browns bruins brutus bubba "
    "bubble bubbles buckeye buckeyes buddha buddy budlight buffalo bulldog bulldogs bullet bullshit "
    "bunny burger buster butter butterfl butterfly butthead cactus cadillac caesar camaro cameron "
    "canada cancer captain cardinal carolina cartman caserta casino casper cassie catdog catfish "
    "cavalier cdtnkfyf celtic cessna champion changeme charger charlie cheese chelsea cherokee cherry "
    "chester chevelle chevy cheyenne chicago chichi chicken chicks chiefs chipper chocolat chopper "
    "chrissy christ christia christin christop chronic cjkysirj classic cobra cocacola cock coffee "
    "colorado colors compaq computer concrete connect connor consumer cookie cookies copper corona "
    "corvette cougar cowboy cowboys coyote creative cricket cthutq cumshot cunt dakota dallas dancer "
    "danger darkness darkside darkstar dbrnjhbz defender deftones desire destiny detroit devildog "
    "devils dexter dfvgbh diablo diamond diamonds dick dickhead diesel dietcoke digger digital dilbert "
    "disney doctor dodger dodgers doggie doggy dollar dolphin dolphins domino donkey dragon dragons "
    "dreamer dreams driver drowssap drpepper drummer ducati eagle eagles eatme eclipse einstein "
    "electric element elephant elizabet emerald eminem empire engineer enigma enter enterpri erotic "
    "escort everton exigen explorer express extreme falcon fantasy fatboy fatcat fender ferrari fetish "
    "ficken finger fire fireball firebird fireman fish fishing fktrcfylh fktrctq flash flatron flipper "
    "florida flower fluffy flyers foobar football forest forever freaky freddy freedom freepass "
    "freeuser friday froggy fuck fucked fucker fucking fuckit fuckme fuckoff fuckyou fyfcnfcbz fylhtq "
    "galaxy galina galore gambit gandalf garden garfield gateway gators gemini genesis genius geronimo "
    "gfhjkm ghbdtn giants ginger girls gizmo goblue goddess godzilla goforit golden goldfish golf "
    "golfer goober google greenday guinness guitar gundam gunner hacker hamlet hammer hamster hannah "
    "hansolo hardcore hardon harley hawaii hawkeye heaven hellfire hello helpme hendrix hentai hercules "
    "hesoyam highland hiphop hitman hjvfirf hobbes hobbit hockey holiday hollywoo honda hooker hooters "
    "hornet horney horny horse horses hotdog hotrod hotsex hotstuff hottie hummer hunter hunting "
    "huskers ibanez icecream iceman iloveu iloveyou immortal impala indiana indians indigo inferno "
    "infinity insane integra internet irina ironman italia iwantu jackass jaguar jamaica jasmine jasper "
    "jester joker jordan juice jungle junior jupiter justice justme juventus karate karina katana "
    "kawasaki killer kingkong kirill kissme kitten kitty klaster knicks kodiak lacrosse ladybug lakers "
    "lancer larisa lasvegas leather legend lennon lesbian lestat letmein liberty lickme lifehack lights "
    "liverpoo liverpool lizard logitech lollol london lonewolf longhorn loser love lovely loveme lover "
    "loverboy lovers loveyou lucifer lucky machine maddie maddog madison madman madmax madness madonna "
    "maggie magic magnum maiden maksim malibu manchester manson manutd marathon marina marine marines "
    "marino marlboro marley maryjane master matrix maverick maxima maximus maxwell mercedes mercury "
    "merlin metallic metallica mexico michigan mickey microsoft midnight minecraft mister mistress "
    "mnbvcxz monday money mongoose monitor monkey monster montana montreal mookie moose morpheus mother "
    "motorola mountain mouse mozart muffin mulder mustang mylove naked naruto nascar nastya natali "
    "natasha naughty nemesis newport newyork nfnmzyf nicola nigger nikita nintendo nipple nipples "
    "nirvana nissan nolimit nugget oksana oliver omega onelove online openup orange outlaw overlord "
    "packard packers pakistan paladin panama pandora pantera panther panthers panties panzer paradise "
    "pascal pass passat passion passport passwor password patches patriots pavilion peaches peanut "
    "pearljam pebbles peekaboo peewee pegasus pencil penguin penis pepper pepsi pervert phantom philips "
    "phoenix phpbb picard pickle pickles piglet pimp pimpin pioneer pirate pitbull pizza planet plastic "
    "platinum playboy player poison poiuyt pokemon polaris police polina pontiac poohbear pookie poop "
    "poopoo popcorn popeye porn porno pornstar porsche portugal precious predator prelude presario "
    "prince princess private psycho pumpkin purple pussies pussy pussycat pussys pyramid qawsed qazqaz "
    "qazwsx qazwsxedc qazxsw qazxswedc qwaszx qweasd qweasdzxc qweqwe qwert qwerty qwertyu qwertyui "
    "qwertyuiop rabbit racecar racing raider raiders rainbow random ranger rangers raptor rascal raven "
    "razz reaper reddog redhead redman redneck redrum redskins redsox redwings renegade rhbcnbyf ripper "
    "rocker rocket rocks rockstar rolltide rommel ronaldo rooster rosebud rulez runner ruslan russia "
    "sailor saints sakura samantha samson samsung samurai sandman saturn scarface scooby scooter "
    "scorpio scorpion scotland scotty scully seattle secret security seminole semperfi serega serenity "
    "sergey sexsex sexual sexy shadow shaggy shamrock shelby sherlock shithead shooter shorty shotgun "
    "siemens sierra silver simple simpsons skater skeeter skipper skippy skyline slayer slipknot slut "
    "sluts smiles smiley smitty smoke smokey smooth snake snakes snatch snickers sniper snoopy snowball "
    "snowman soccer softball software soldier sophie spanky sparky spartak spartan speedy spider "
    "spiderma spiderman spike spirit spitfire spooky spring spunky spyder squirt srinivas stalker "
    "stallion star stargate startrek starwars stealth steelers stephani sticky stinger stingray stinky "
    "stones storm stormy strike stupid subaru sublime success suck sucker suckit suckme sugar summer "
    "sundance sunday sunset sunshine super superfly superman surfer suzuki svetlana sweetpea sweety "
    "swimming swinger swordfis swordfish sydney target tarheels tarzan tattoo taurus teacher techno "
    "teen teens tennis test tester testing thailand theman theone therock thuglife thumper thunder "
    "tickle tiger tigers tigger timber tinker tintin titanic titans tits tomcat topgun tornado toronto "
    "toshiba toyota transam travel trfnthbyf trigger trinity triumph trixie trojan trombone trooper "
    "trouble truck trucker trucks trumpet trunks turbo turkey turtle tweety ultimate unicorn vagina "
    "valentin valentina valera vampire vegeta veronika vfhbyf vfrcbv vfvjxrf victory viking vikings "
    "viktor viper virgin vision vladimir voodoo voyager wanker warcraft warlock warrior weasel weed "
    "welcome westham westside wetpussy whatever whiskey whore whynot wicked wildcat wildcats willow "
    "windows winner winston winter wizard wolfgang wolfpack wolverin wolves wombat woody wordpass "
    "wrangler wutang xavier xfiles yamaha yankee yankees ybrbnf yellow yfnfif ytrewq zaqwsx zeppelin "
    "zipper zombie zxcvbn zxcvbnm ";

static bool is_in(const char *list, const char *text, size_t len)
{
	char wanted[KNOWN_WORD_MAX + 3];

	if (len == 0 || len > KNOWN_WORD_MAX || memchr(text, ' ', len) != NULL)
		return false;
	wanted[0] = ' ';
	memcpy(wanted + 1, text, len);
	wanted[len + 1] = ' ';
	wanted[len + 2] = '\0';
	return strstr(list, wanted) != NULL;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* "dragon2024!!!!": what is not a letter is taken off both ends. */
static bool is_dressed_up_word(const char *text, size_t len)
{
	while (len > 0 && !is_letter(*text)) {
		text++;
		len--;
	}
	while (len > 0 && !is_letter(text[len - 1]))
		len--;
	return is_in(words, text, len) || is_in(whole, text, len);
}

#define UNIT_MOST 12 /* what is longer would do by itself */

/* "abcabcabcabc" */
static bool is_repeated(const char *text, size_t len)
{
	for (size_t unit = 1; unit <= len / 2 && unit < UNIT_MOST; unit++) {
		if (memcmp(text, text + unit, len - unit) == 0)
			return true;
	}
	return false;
}

/* "abcdefghijkl", "210987654321": each is the next, or the one before. */
static bool is_sequence(const char *text, size_t len)
{
	size_t up = 0, down = 0;

	for (size_t i = 1; i < len; i++) {
		int step = text[i] - text[i - 1];

		up += step == 1 || (text[i] == '0' && text[i - 1] == '9');
		down += step == -1 || (text[i] == '9' && text[i - 1] == '0');
	}
	return len > 1 && (up == len - 1 || down == len - 1);
}

bool known_password(const char *folded)
{
	size_t len = strlen(folded);

	return is_in(whole, folded, len) || is_dressed_up_word(folded, len) || is_repeated(folded, len) ||
	       is_sequence(folded, len);
}
