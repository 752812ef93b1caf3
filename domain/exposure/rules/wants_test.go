package rules_test

// wants are the edges that each fact adds: rule, head and body.
var wants = map[string][]string{
	"1 a proven hardware key": {
		"passkey: session:ada <- key:k1 + unlock:k1",
	},
	"1 a passkey that never verified anybody, where that is accepted": {
		"passkey-unverified: session:ada <- passkey:c1",
		"synced-copy: restored:c1 <- unknown:copies/any",
		"use-copy: session:ada <- restored:c1",
	},
	"1 a passkey that never verified anybody, where that is asked for": {
		"passkey: session:ada <- passkey:c1 + unlock:c1",
		"synced-copy: restored:c1 <- unknown:copies/any",
		"use-copy: session:ada <- restored:c1",
	},
	"1 a proven key on a managed device": {
		"on-device: key:k1 <- key:laptop",
		"passkey: session:ada <- key:k1 + unlock:key:laptop",
	},
	"1 a proven key that is not said to be in hardware": {
		"passkey: session:ada <- passkey:k1 + unlock:k1",
	},
	"2 at a provider that can read what it keeps": {
		"provider-insider: restored:c1 <- insider:vault",
	},
	"1 a second passkey at the same provider": {
		"one-provider: passkey:c2 <- passkey:c1",
		"passkey: session:ada <- passkey:c2 + unlock:c1",
		"synced-copy: restored:c2 <- sync:vault/ada",
		"use-copy: session:ada <- restored:c2",
	},
	"1 a second passkey on the same device": {
		"on-device: passkey:c2 <- device:laptop",
		"passkey: session:ada <- passkey:c2 + unlock:laptop",
		"sync-recovery: sync:ours/ada <- unknown:admin/provider/ours",
		"sync-sign-in: sync:ours/ada <- ours/ada:passkey + ours/ada:unlock",
		"synced-copy: restored:c2 <- sync:ours/ada",
		"use-copy: session:ada <- restored:c2",
	},
	"2 a synced passkey of an unknown provider": {
		"passkey: session:ada <- passkey:c1 + unlock:c1",
		"synced-copy: restored:c1 <- unknown:copies/ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4",
		"use-copy: session:ada <- restored:c1",
	},
	"2 a passkey that says it stays, and nothing proves it": {
		"passkey: session:ada <- passkey:c1 + unlock:c1",
		"synced-copy: restored:c1 <- unknown:copies/any",
		"use-copy: session:ada <- restored:c1",
	},
	"2 a synced passkey at a provider of which the policy says what is known": {
		"number: number:ada <- phone:ada",
		"passkey: session:ada <- passkey:c1 + unlock:c1",
		"sync-recovery: sync:vault/ada <- number:ada",
		"sync-recovery: sync:vault/ada <- vault/ada:contact",
		"sync-sign-in: sync:vault/ada <- vault/ada:password + vault/ada:code",
		"synced-copy: restored:c1 <- sync:vault/ada",
		"use-copy: session:ada <- restored:c1",
	},
	"2 at a provider that is ours": {
		"passkey: session:ada <- passkey:c1 + unlock:c1",
		"sync-recovery: sync:ours/ada <- unknown:admin/provider/ours",
		"sync-sign-in: sync:ours/ada <- ours/ada:passkey + ours/ada:unlock",
		"synced-copy: restored:c1 <- sync:ours/ada",
		"use-copy: session:ada <- restored:c1",
	},
	"2 at a provider of which it is assumed": {
		"passkey: session:ada <- passkey:c1 + unlock:c1",
		"synced-copy: restored:c1 <- unknown:copies/stale",
		"use-copy: session:ada <- restored:c1",
	},
	"7 who manages the devices": {
		"managed-device: session:ada <- passkey:c1 + power:mdm",
		"power-holders: power:mdm <- corrupt:mia",
	},
	"3 the account at the provider is declared": {
		"sync-sign-in: sync:s1 <- s1:password + s1:code",
		"synced-copy: restored:c1 <- sync:s1",
	},
	"3 it holds copies on devices": {
		"synced-device: session:ada <- device:ada/laptop + unlock:ada/laptop",
		"synced-device: session:ada <- device:ada/phone + unlock:ada/phone",
	},
	"3 it was closed, and the copies stay": {
		"synced-device: session:ada <- device:ada/phone + unlock:ada/phone",
	},
	"3 a recovery of the sync account by telephone": {
		"number: number:ada <- phone:ada",
		"sync-recovery: sync:s1 <- number:ada",
	},
	"3 by mail": {
		"sync-recovery: sync:s1 <- inbox:ada",
	},
	"3 by a saved code and a trusted person": {
		"sync-recovery: sync:s1 <- s1:saved-code + s1:contact",
	},
	"3 by two of three devices": {
		"sync-recovery: sync:s1 <- s1:2-of-3-devices",
		"way-device: unlocked:s1/device1 <- device:s1/device1 + unlock:s1/device1",
		"way-device: unlocked:s1/device2 <- device:s1/device2 + unlock:s1/device2",
		"way-device: unlocked:s1/device3 <- device:s1/device3 + unlock:s1/device3",
		"way-devices: s1:2-of-3-devices <- 2 of unlocked:s1/device1 + unlocked:s1/device2 + unlocked:s1/device3",
	},
	"3 by a passkey": {
		"sync-recovery: sync:s1 <- s1:passkey + s1:unlock",
	},
	"3 by a key with its PIN, which is worth no more than another": {
		"sync-recovery: sync:s1 <- s1:key + s1:pin",
	},
	"3 by a desk that nobody has declared": {
		"sync-recovery: sync:s1 <- unknown:desk/primary/vault",
	},
	"3 by a desk that is declared": {
		"sync-recovery: sync:s1 <- s1:desk",
		"way-power: s1:desk <- power:desk",
	},
	"3 recovery that nobody has said": {
		"sync-unknown: sync:s1 <- unknown:ways/sync_account/vault",
	},
	"3 it is the account in the directory": {
		"sync-primary: sync:s1 <- power:desk",
	},
	"3 who administers the provider": {
		"power-holders: power:tenant <- corrupt:tom",
		"sync-power: sync:s1 <- power:tenant",
	},
	"3 who administers another provider": {
		"power-holders: power:tenant <- corrupt:tom",
	},
	"8 a recovery of the mailbox": {
		"inbox-recovery: inbox:ada <- number:ada",
		"number: number:ada <- phone:ada",
	},
	"8 who administers the mail, of a mailbox that is declared": {
		"inbox-power: inbox:ada <- power:mail",
		"power-holders: power:mail <- corrupt:mona",
	},
	"8 who administers the mail, of one that is not": {
		"inbox-power: inbox:ada <- power:mail",
		"power-holders: power:mail <- corrupt:mona",
	},
	"8 who administers another domain": {
		"power-holders: power:mail <- corrupt:mona",
	},
	"8 who holds the domain's names": {
		"inbox-dns: inbox:ada <- power:dns",
		"power-holders: power:dns <- corrupt:dora",
	},
	"8 how a mailbox is recovered, which nobody has said": {
		"inbox-unknown: inbox:ada <- unknown:ways/mailbox/example.org",
	},
	"7 how whoever administers the mail signs in": {
		"power-recovery: power:mail <- mail:phone",
		"power-sign-in: power:mail <- mail:password + mail:totp",
	},
	"8 a telephone, told of nothing": {
		"number-recovery: number:ada <- p1:desk",
	},
	"7 an administrator who is invited": {
		"operator-both: power:takeover-anybody <- power:remove-anybody + power:invite-anybody",
		"operator-both: power:takeover-members <- power:remove-members + power:invite-members",
		"operator-invite: bind:olga <- power:invite-anybody",
		"operator-power: power:invite-anybody <- act:olga",
		"operator-power: power:invite-members <- act:olga",
		"operator-power: power:open-anybody <- act:olga",
		"operator-power: power:open-members <- act:olga",
		"operator-power: power:remove-anybody <- act:olga",
		"operator-power: power:remove-members <- act:olga",
		"operator-takeover: bind:ada <- power:takeover-members",
	},
	"7 an administrator": {
		"operator-both: power:takeover-anybody <- power:remove-anybody + power:invite-anybody",
		"operator-both: power:takeover-members <- power:remove-members + power:invite-members",
		"operator-power: power:invite-anybody <- act:olga",
		"operator-power: power:invite-members <- act:olga",
		"operator-power: power:open-anybody <- act:olga",
		"operator-power: power:open-members <- act:olga",
		"operator-power: power:remove-anybody <- act:olga",
		"operator-power: power:remove-members <- act:olga",
		"operator-takeover: bind:ada <- power:takeover-members",
		"operator-takeover: bind:olga <- power:takeover-anybody",
	},
	"7 a help desk cannot take over who has a passkey": {
		"operator-power: power:invite-members <- act:olga",
		"operator-power: power:restore-members <- act:olga",
	},
	"7 a help desk links in who has none": {
		"operator-invite: bind:ada <- power:invite-members",
		"operator-power: power:invite-members <- act:olga",
		"operator-power: power:restore-members <- act:olga",
	},
	"7 a help desk does not link an administrator in": {
		"operator-power: power:invite-members <- act:olga",
		"operator-power: power:restore-members <- act:olga",
	},
	"7 an API token that removes passkeys and invites": {
		"token-power: power:invite-members <- token:t1",
		"token-power: power:remove-members <- token:t1",
	},
	"7 an API token that says who is in which group": {
		"approval-accomplices: approved:1-of-group:desk <- power:write-groups + pool:1-of-anybody",
		"moved-fallback: session:ada <- password:ada + power:write-groups",
		"moved-fallback: session:otto <- password:otto + power:write-groups",
		"moved-recovery-insider: bind:ada <- approved:1-of-group:desk + power:write-groups",
		"moved-recovery-insider: bind:otto <- approved:1-of-group:desk + power:write-groups",
		"moved-recovery-outsider: bind:ada <- proof:p + power:write-groups",
		"moved-recovery-outsider: bind:otto <- proof:p + power:write-groups",
		"moved-unverified: bare:k1 <- power:write-groups",
		"passkey-unverified: session:ada <- key:k1 + bare:k1",
		"token-power: power:write-groups <- token:t1",
	},
	"7 an API token that says what people's addresses are": {
		"mailed: mailed:ada <- inbox:ada",
		"readdressed: mailed:ada <- power:write-members",
		"recovery-outsider: bind:ada <- mailed:ada",
		"token-power: power:open-members <- token:t1",
		"token-power: power:write-members <- token:t1",
	},
	"7 a desk that resets passkeys and asks questions": {
		"desk-reset: bind:ada <- power:desk",
		"desk-reset: bind:olga <- power:desk",
		"power-check: power:desk <- deceive:desk",
		"power-holders: power:desk <- 1 of act:olga + corrupt:otto",
	},
	"7 a desk of two that looks at people": {
		"desk-reset: bind:ada <- power:desk",
		"desk-reset: bind:olga <- power:desk",
		"power-check: power:desk <- proof:desk",
		"power-holders: power:desk <- act:olga + corrupt:otto",
	},
	"7 a desk that is taken for sound": {
		"desk-reset: bind:ada <- power:desk",
		"desk-reset: bind:olga <- power:desk",
		"power-holders: power:desk <- 1 of act:olga + corrupt:otto",
	},
	"7 a desk that compares on site": {
		"desk-reset: bind:ada <- power:desk",
		"desk-reset: bind:olga <- power:desk",
		"power-check: power:desk <- proof:desk",
		"power-holders: power:desk <- 1 of act:olga + corrupt:otto",
	},
	"7 a desk of which nobody says what it asks": {
		"desk-reset: bind:ada <- power:desk",
		"desk-reset: bind:olga <- power:desk",
		"power-check: power:desk <- unknown:check/desk",
		"power-holders: power:desk <- 1 of act:olga + corrupt:otto",
	},
	"7 a desk whose review is overdue": {
		"power-unknown: power:desk <- unknown:power/desk",
	},
	"7 a desk for another segment": {
		"power-check: power:desk <- deceive:desk",
		"power-holders: power:desk <- 1 of act:olga + corrupt:otto",
	},
	"7 a desk for a group": {
		"desk-reset: bind:ada <- power:desk",
		"power-holders: power:desk <- 1 of act:olga + corrupt:otto",
	},
	"7 a desk for another group": {
		"power-holders: power:desk <- 1 of act:olga + corrupt:otto",
	},
	"7 a desk whose holders nobody names": {
		"desk-reset: bind:ada <- power:desk",
		"power-holders: power:desk <- holder:desk",
	},
	"10 who holds the database": {
		"power-holders: power:db <- corrupt:hugo",
		"power-holders: power:tape <- corrupt:bea",
		"root-holder: root <- power:db",
		"root-holder: root <- power:tape",
	},
	"4 one of two, on questions": {
		"approval: approved:1-of-group:desk <- 1 of act:m1 + act:m2",
		"recovery-insider: bind:ada <- approved:1-of-group:desk",
		"recovery-outsider: bind:ada <- deceive:p",
	},
	"4 two of two, on video": {
		"approval: approved:2-of-group:desk <- act:m1 + act:m2",
		"recovery-insider: bind:ada <- approved:2-of-group:desk",
		"recovery-outsider: bind:ada <- proof:p",
	},
	"4 two of two, on site": {
		"approval: approved:2-of-group:desk <- act:m1 + act:m2",
		"recovery-insider: bind:ada <- approved:2-of-group:desk",
		"recovery-outsider: bind:ada <- proof:p",
	},
	"4 two of many": {
		"approval-taken: approved:2-of-group:desk <- proof:p",
		"approval-taken: approved:2-of-group:desk <- session:m1 + pool:1-of-group:desk",
		"approval-taken: approved:2-of-group:desk <- session:m1 + session:m2",
		"approval: approved:2-of-group:desk <- pool:2-of-group:desk",
		"recovery-insider: bind:ada <- approved:2-of-group:desk",
		"recovery-outsider: bind:ada <- proof:p",
	},
	"4 one of many": {
		"approval: approved:1-of-group:desk <- act:m1",
		"approval: approved:1-of-group:desk <- act:m10",
		"approval: approved:1-of-group:desk <- act:m11",
		"approval: approved:1-of-group:desk <- act:m12",
		"approval: approved:1-of-group:desk <- act:m13",
		"approval: approved:1-of-group:desk <- act:m14",
		"approval: approved:1-of-group:desk <- act:m15",
		"approval: approved:1-of-group:desk <- act:m16",
		"approval: approved:1-of-group:desk <- act:m17",
		"approval: approved:1-of-group:desk <- act:m18",
		"approval: approved:1-of-group:desk <- act:m19",
		"approval: approved:1-of-group:desk <- act:m2",
		"approval: approved:1-of-group:desk <- act:m20",
		"approval: approved:1-of-group:desk <- act:m21",
		"approval: approved:1-of-group:desk <- act:m3",
		"approval: approved:1-of-group:desk <- act:m4",
		"approval: approved:1-of-group:desk <- act:m5",
		"approval: approved:1-of-group:desk <- act:m6",
		"approval: approved:1-of-group:desk <- act:m7",
		"approval: approved:1-of-group:desk <- act:m8",
		"approval: approved:1-of-group:desk <- act:m9",
		"approval: approved:1-of-group:desk <- pool:1-of-group:desk",
		"recovery-insider: bind:ada <- approved:1-of-group:desk",
		"recovery-outsider: bind:ada <- proof:p",
	},
	"4 a pool in which nobody is": {
		"approval-unknown: approved:1-of-group:desk <- unknown:pool/group:desk",
		"recovery-insider: bind:ada <- approved:1-of-group:desk",
		"recovery-outsider: bind:ada <- proof:p",
	},
	"4 a pool of a role, less a group": {
		"approval: approved:1-of-role:helpdesk-without-group:trainees <- act:olga",
		"recovery-insider: bind:ada <- approved:1-of-role:helpdesk-without-group:trainees",
		"recovery-outsider: bind:ada <- deceive:p",
	},
	"4 a machine looks, and one approves": {
		"approval: approved:1-of-group:desk <- 1 of act:m1 + act:m2",
		"recovery-outsider: bind:ada <- proof:p",
	},
	"4 a proof that somebody attends, and nobody approves": {
		"recovery-insider: bind:ada <- attends:p",
		"recovery-outsider: bind:ada <- proof:p",
	},
	"4 a code by mail": {
		"recovery-outsider: bind:ada <- inbox:ada",
	},
	"4 a saved code and one by any address": {
		"code-channel: code:p/2:any:ada <- 1 of inbox:ada + number:ada",
		"recovery-outsider: bind:ada <- saved:ada + code:p/2:any:ada",
	},
	"4 a saved code that is kept in the mailbox or on a telephone": {
		"recovery-outsider: bind:ada <- kept:ada",
		"saved-code: kept:ada <- saved:ada",
		"saved-kept: kept:ada <- inbox:ada",
		"saved-kept: kept:ada <- k1:1-of-1-devices",
		"way-device: unlocked:ada/phone <- device:ada/phone + unlock:ada/phone",
		"way-devices: k1:1-of-1-devices <- unlocked:ada/phone",
	},
	"4 a saved code of which it is assumed where it is kept": {
		"recovery-outsider: bind:ada <- kept:ada",
		"saved-code: kept:ada <- saved:ada",
		"saved-unknown: kept:ada <- unknown:ways/saved_code/any",
	},
	"4 a code that whoever approves hands over": {
		"approval: approved:1-of-group:desk <- 1 of act:m1 + act:m2",
		"recovery-insider: bind:ada <- approved:1-of-group:desk",
		"recovery-outsider: bind:ada <- deceive:p",
	},
	"4 a code that is sent after approval": {
		"approval: approved:1-of-group:desk <- 1 of act:m1 + act:m2",
		"number: number:ada <- phone:ada",
		"recovery-outsider: bind:ada <- number:ada",
	},
	"4 a code by mail or letter": {
		"code-channel: code:p:any:ada <- 1 of inbox:ada + post:ada",
		"recovery-outsider: bind:ada <- code:p:any:ada",
	},
	"4 a device of the organisation": {
		"recovery-outsider: bind:ada <- issued:ada",
	},
	"4 the sponsor's word": {
		"recovery-insider: bind:ada <- act:olga",
		"recovery-insider: bind:olga <- unknown:who/sponsor",
		"recovery-outsider: bind:ada <- proof:p/2",
		"recovery-outsider: bind:olga <- proof:p/2",
	},
	"4 the sponsor's word, who is not known": {
		"act-dishonest: act:olga <- corrupt:olga",
		"act-session: act:olga <- unknown:account/olga",
		"recovery-insider: bind:ada <- act:olga",
		"recovery-outsider: bind:ada <- deceive:p",
	},
	"4 the sponsor's word of somebody without one": {
		"recovery-insider: bind:ada <- unknown:who/sponsor",
		"recovery-outsider: bind:ada <- deceive:p",
	},
	"11 an enrolment procedure": {
		"approval: approved:1-of-group:desk <- act:olga",
		"enrolment-insider: bind:ada <- approved:1-of-group:desk",
		"enrolment-outsider: bind:ada <- proof:e",
	},
	"11 one for others": {
		"approval: approved:1-of-group:desk <- act:olga",
	},
	"5 password and a code": {
		"fallback: session:ada <- password:ada + totp:ada",
	},
	"5 password and a message": {
		"fallback: session:ada <- password:ada + number:ada",
		"number: number:ada <- phone:ada",
	},
	"5 password and a prompt": {
		"fallback: session:ada <- password:ada + push:ada",
	},
	"5 a password": {
		"fallback: session:ada <- password:ada",
	},
	"5 a code by mail": {
		"fallback: session:ada <- inbox:ada",
	},
	"5 a saved code": {
		"fallback: session:ada <- saved:ada",
	},
	"5 where there is none": {
		"fallback: session:ada <- password:ada",
	},
	"6 a code that may be typed": {
		"bind-code: bind:ada <- session:ada + deceive:ada",
	},
	"11 an invitation": {
		"link-mailed: bind:ada <- inbox:ada",
	},
	"11 a replacement link": {
		"link: bind:ada <- ticket:l1",
	},
	"12 a passkey is suspended, and a help desk gives it back": {
		"operator-power: power:invite-members <- act:olga",
		"operator-power: power:restore-members <- act:olga",
		"passkey: session:ada <- key:k1 + unlock:k1 + usable:k1",
		"restored: usable:k1 <- power:restore-members",
	},
	"12 a passkey is suspended, and an administrator takes over": {
		"operator-both: power:takeover-anybody <- power:remove-anybody + power:invite-anybody",
		"operator-both: power:takeover-members <- power:remove-members + power:invite-members",
		"operator-power: power:invite-anybody <- act:root",
		"operator-power: power:invite-members <- act:root",
		"operator-power: power:open-anybody <- act:root",
		"operator-power: power:open-members <- act:root",
		"operator-power: power:remove-anybody <- act:root",
		"operator-power: power:remove-members <- act:root",
		"operator-takeover: bind:ada <- power:takeover-members",
		"operator-takeover: bind:root <- power:takeover-anybody",
		"passkey: session:root <- key:kr + unlock:kr",
	},
	"12 somebody is suspended, and an API token reinstates them": {
		"token-power: power:open-members <- token:t1",
		"token-power: power:write-members <- token:t1",
	},
	"12 somebody is suspended who has no passkey": {
		"bind: bind:ada <- session:ada",
		"bound: ready:ada <- bind:ada",
		"inbox: inbox:ada <- mailbox:ada",
		"operator-both: power:takeover-anybody <- power:remove-anybody + power:invite-anybody",
		"operator-both: power:takeover-members <- power:remove-members + power:invite-members",
		"operator-invite: bind:ada <- power:invite-members",
		"operator-power: power:invite-anybody <- act:root",
		"operator-power: power:invite-members <- act:root",
		"operator-power: power:open-anybody <- act:root",
		"operator-power: power:open-members <- act:root",
		"operator-power: power:remove-anybody <- act:root",
		"operator-power: power:remove-members <- act:root",
		"operator-takeover: bind:root <- power:takeover-anybody",
		"passkey: session:root <- key:kr + unlock:kr",
		"reopened: session:ada <- ready:ada + power:open-members",
	},
	"12 an employment is over, and an API token prolongs it": {
		"token-power: power:open-members <- token:t1",
		"token-power: power:write-members <- token:t1",
	},
	"12 an API token whose owner is suspended": {
		"token-power: power:restore-members <- token:t1 + power:open-anybody",
	},
	"13 a passkey is refused, and an API token moves its owner by their groups": {
		"moved-passkey: usable:c1 <- power:write-groups",
		"number: number:ada <- phone:ada",
		"passkey: session:ada <- passkey:c1 + unlock:c1 + usable:c1",
		"sync-recovery: sync:vault/ada <- number:ada",
		"sync-recovery: sync:vault/ada <- vault/ada:contact",
		"sync-sign-in: sync:vault/ada <- vault/ada:password + vault/ada:code",
		"synced-copy: restored:c1 <- sync:vault/ada",
		"token-power: power:write-groups <- token:t1",
		"use-copy: session:ada <- restored:c1 + usable:c1",
	},
	"13 a passkey is refused, and an API token moves its owner by their employment": {
		"moved-passkey: usable:c1 <- power:write-members",
		"number: number:ada <- phone:ada",
		"passkey: session:ada <- passkey:c1 + unlock:c1 + usable:c1",
		"sync-recovery: sync:vault/ada <- number:ada",
		"sync-recovery: sync:vault/ada <- vault/ada:contact",
		"sync-sign-in: sync:vault/ada <- vault/ada:password + vault/ada:code",
		"synced-copy: restored:c1 <- sync:vault/ada",
		"token-power: power:open-members <- token:t1",
		"token-power: power:write-members <- token:t1",
		"use-copy: session:ada <- restored:c1 + usable:c1",
	},
	"13 an API token names another sponsor": {
		"recovery-insider: bind:ada <- word:sponsor:ada",
		"token-power: power:open-members <- token:t1",
		"token-power: power:write-members <- token:t1",
		"word-named: word:sponsor:ada <- power:write-members + pool:1-of-anybody",
		"word: word:sponsor:ada <- act:mia",
	},
	"13 a desk for people among whom somebody can be put": {
		"moved-desk-reset: bind:ada <- power:desk + power:write-groups",
		"moved-desk-reset: bind:ada <- power:ward + power:write-groups",
		"moved-desk-reset: bind:root <- power:ward + power:write-groups",
		"power-holders: power:desk <- corrupt:otto",
		"power-holders: power:ward <- corrupt:otto",
	},
	"13 an enrolment for people as whom somebody can be described": {
		"moved-enrolment-insider: bind:ada <- approved:1-of-role:administrator + power:write-members",
		"moved-enrolment-outsider: bind:ada <- proof:first + power:write-members",
		"token-power: power:open-members <- token:t1",
		"token-power: power:write-members <- token:t1",
	},
}
