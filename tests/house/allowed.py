"""
Who may come in, row by row: every address and method that lets somebody in, by portal. Reviewed by hand; test_access_matrix.py tries
everybody at every one of them and at all the rest.

GET: may look, and by HEAD.   POST: may do it, and something changes.   post: may send it, but no row changes: the comment says why.
`-`: an address that lets nobody in. A method that has no row lets nobody in. People: tests/house/world.py; groups below.
"""

from __future__ import annotations

from tests.house.world import EVERYBODY

GROUPS = {
    "everybody": EVERYBODY,
    "team": ("minji", "jisoo"),
    "advertisers": ("minji", "jisoo", "eve"),
    "members": ("suji", "hana"),
    "operators": ("operator", "finance", "admin"),
}

ADVERTISER = """
# probes and pages for everybody
GET   /healthz                                           everybody
GET   /readyz                                            everybody
GET   /metrics                                           everybody
GET   /                                                  everybody
GET   /pricing/                                          everybody
GET   /terms/<slug:slug>/                                everybody
GET   /terms/<slug:slug>/<slug:version>/                 everybody
GET   /notices/                                          everybody
GET   /notices/<uuid:public_id>/                         everybody
GET   /faq/                                              everybody
GET   /guide/                                            everybody
GET   /guide/<slug:slug>/                                everybody
GET   /guide/pictures/<uuid:public_id>/                  everybody
GET   /contact/                                          everybody
POST  /contact/                                          everybody
GET   /contact/sent/                                     everybody
GET   /contact/threads/<slug:token>/                     everybody
POST  /contact/threads/<slug:token>/                     everybody
POST  /contact/threads/<slug:token>/close/               everybody
GET   /contact/threads/<slug:token>/attachments/<uuid:public_id>/  everybody
GET   /robots.txt                                        everybody
GET   /sitemap.xml                                       everybody
GET   /components/                                       everybody
# signing in; a session that ends is no row that is compared
GET   /accounts/login/                                   everybody
POST  /accounts/login/                                   everybody
post  /accounts/logout/                                  everybody
GET   /accounts/password/                                advertisers
POST  /accounts/password/                                advertisers
GET   /accounts/sessions/                                advertisers
post  /accounts/sessions/                                advertisers
# a device of somebody else does not exist; an identity check and its window belong to the browser that began it. The agency sends browsers
# back without our session: whoever knows the number may say that it is time to ask the agency
post  /accounts/sessions/<slug:device>/end/              minji
GET   /accounts/identity/<uuid:public_id>/               minji
POST  /accounts/identity/<uuid:public_id>/complete/      minji
GET   /accounts/identity/<uuid:public_id>/return/        everybody
POST  /accounts/identity/<uuid:public_id>/return/        everybody
POST  /accounts/identity/start/<str:purpose>/            anonymous suji hana operator finance admin
# an operator's look: nobody here has a link; a look itself is tests/house/test_visits.py
-     /visits/leave/
-     /visits/<slug:token>/
# reports of the SMS supplier: nobody here knows the address and the secret
-     /messages/webhooks/solapi/<slug:token>/
# no service has keys here, so none is there and nobody waits to be linked; with keys: tests/identity/test_social_login.py
-     /accounts/social/kakao/login/
-     /accounts/social/kakao/return/
-     /accounts/social/naver/login/
-     /accounts/social/naver/return/
-     /accounts/social/google/login/
-     /accounts/social/google/return/
-     /accounts/social/new/
-     /accounts/social/<slug:service>/unlink/
GET   /accounts/social/                                  advertisers
GET   /accounts/social/link/                             advertisers
post  /accounts/social/link/                             advertisers
# the second factor; nobody here has an app, so there is nothing to show and nothing to take away. Eve has a passkey. These people signed in
# a while ago: before a change they are led to showing again who they are. Who is signed in is led home from signing in
GET   /accounts/2fa/passkeys/login/                      advertisers
post  /accounts/2fa/passkeys/login/                      advertisers
GET   /accounts/2fa/passkeys/again/                      advertisers
POST  /accounts/2fa/passkeys/again/                      advertisers
GET   /accounts/2fa/passkeys/add/                        advertisers
post  /accounts/2fa/passkeys/add/                        advertisers
GET   /accounts/2fa/passkeys/<slug:passkey>/rename/      eve
post  /accounts/2fa/passkeys/<slug:passkey>/rename/      eve
GET   /accounts/2fa/passkeys/<slug:passkey>/remove/      eve
post  /accounts/2fa/passkeys/<slug:passkey>/remove/      eve
GET   /accounts/2fa/                                     advertisers
GET   /accounts/2fa/authenticate/                        advertisers
post  /accounts/2fa/authenticate/                        advertisers
GET   /accounts/2fa/reauthenticate/                      advertisers
post  /accounts/2fa/reauthenticate/                      advertisers
GET   /accounts/2fa/password/                            advertisers
post  /accounts/2fa/password/                            advertisers
GET   /accounts/2fa/totp/                                advertisers
post  /accounts/2fa/totp/                                advertisers
-     /accounts/2fa/totp/remove/
-     /accounts/2fa/recovery-codes/
GET   /accounts/2fa/recovery-codes/generate/             advertisers
# signing up, and finding an account again: whoever is signed in as an advertiser is led home; the links in mails speak for themselves
GET   /accounts/signup/                                  everybody
GET   /accounts/signup/<str:kind>/                       everybody
GET   /accounts/signup/<str:kind>/<str:step>/            everybody
POST  /accounts/signup/<str:kind>/<str:step>/            everybody
GET   /accounts/find-id/                                 everybody
POST  /accounts/find-id/                                 everybody
GET   /accounts/password/reset/                          everybody
POST  /accounts/password/reset/                          everybody
GET   /accounts/password/reset/<str:token>/              everybody
POST  /accounts/password/reset/<str:token>/              everybody
GET   /accounts/email/<str:token>/                       everybody
POST  /accounts/email/<str:token>/                       everybody
# showing again who one is; a code belongs to the browser that asked for it
GET   /accounts/code/<str:purpose>/                      everybody
GET   /accounts/step-up/<slug:purpose>/                  advertisers
POST  /accounts/step-up/<slug:purpose>/                  advertisers
# nobody here asked for a mail; the browser that did is in tests/identity/test_contact_changes.py
-     /accounts/step-up-mail/<str:token>/
GET   /accounts/phone/                                   advertisers
POST  /accounts/phone/                                   advertisers
GET   /accounts/email/                                   advertisers
POST  /accounts/email/                                   advertisers
GET   /accounts/consents/                                advertisers
POST  /accounts/consents/                                advertisers
GET   /accounts/kept-form/                               advertisers
post  /accounts/kept-form/                               advertisers
# the team's JSON doors
GET   /api/v1/openapi.json                               everybody
GET   /api/v1/docs                                       everybody
-     /api/v1/
GET   /api/v1/packages                                   advertisers
GET   /api/v1/auto-top-up                                advertisers
GET   /api/v1/campaign-types                             advertisers
GET   /api/v1/prize-catalogue                            advertisers
GET   /api/v1/images                                     advertisers
POST  /api/v1/images                                     minji eve
GET   /api/v1/balance                                    advertisers
GET   /api/v1/analytics                                  advertisers
GET   /api/v1/exports                                    advertisers
POST  /api/v1/exports                                    advertisers
GET   /api/v1/report-schedules                           advertisers
POST  /api/v1/report-schedules                           advertisers
# nobody here asked for a file or gets reports; who did is in tests/campaigns/test_files_api.py
-     /api/v1/exports/<export_id>
-     /api/v1/exports/<export_id>/file
-     /api/v1/report-schedules/<schedule_id>
GET   /api/v1/credit-lines                               advertisers
GET   /api/v1/statements                                 advertisers
GET   /api/v1/statements/<period>                        advertisers
GET   /api/v1/webhook-endpoints                          minji eve
GET   /api/v1/webhook-endpoints/<endpoint_id>/deliveries minji
post  /api/v1/webhook-deliveries/<delivery_id>/replay    minji
GET   /api/v1/drafts                                     minji eve
POST  /api/v1/drafts                                     minji eve
GET   /api/v1/drafts/<draft_id>                          minji
PATCH /api/v1/drafts/<draft_id>                          minji
DELETE /api/v1/drafts/<draft_id>                         minji
POST  /api/v1/drafts/<draft_id>/submit                   minji
GET   /api/v1/campaigns                                  advertisers
POST  /api/v1/campaigns                                  minji eve
GET   /api/v1/campaigns/<campaign_id>                    team
PATCH /api/v1/campaigns/<campaign_id>                    minji
GET   /api/v1/campaigns/<campaign_id>/status             team
GET   /api/v1/campaigns/<campaign_id>/versions           team
GET   /api/v1/campaigns/<campaign_id>/plans              team
POST  /api/v1/campaigns/<campaign_id>/plans              minji
POST  /api/v1/campaigns/<campaign_id>/appeal             minji
POST  /api/v1/campaign-plans/<plan_id>/cancel            minji
POST  /api/v1/campaign-bulk                              minji
GET   /api/v1/campaigns/<campaign_id>/conversions        team
GET   /api/v1/campaigns/<campaign_id>/days               team
GET   /api/v1/campaigns/<campaign_id>/hours              team
POST  /api/v1/campaigns/<campaign_id>/pause              minji
POST  /api/v1/campaigns/<campaign_id>/resume             minji
POST  /api/v1/campaigns/<campaign_id>/end                minji
POST  /api/v1/campaigns/<campaign_id>/withdraw           minji
POST  /api/v1/campaigns/<campaign_id>/raise-budget       minji
# the account
GET   /dashboard/                                        advertisers
GET   /my-page/                                          advertisers
GET   /my-page/credit/files/<slug:form>/                  advertisers
GET   /my-page/payment/files/<slug:form>/                 advertisers
GET   /my-page/notifications/                            advertisers
GET   /my-page/notifications/preferences/                advertisers
POST  /my-page/notifications/preferences/                advertisers
GET   /my-page/analytics/                                advertisers
GET   /my-page/analytics/exports/                        advertisers
POST  /my-page/analytics/exports/create/                 advertisers
GET   /my-page/analytics/reports/                        advertisers
POST  /my-page/analytics/reports/create/                 advertisers
# nobody here gets reports; who does is in tests/campaigns/test_reports_by_mail.py
-     /my-page/analytics/reports/<uuid:public_id>/remove/
# nobody here asked for a file; who did is in tests/campaigns/test_exports.py
-     /my-page/analytics/exports/<uuid:public_id>/
-     /my-page/analytics/exports/<uuid:public_id>/file/
POST  /my-page/notifications/read-all/                   advertisers
POST  /my-page/notifications/<uuid:public_id>/read/      minji
GET   /my-page/credit/                                   advertisers
POST  /my-page/credit/set-warning/                       minji eve
GET   /my-page/payment/                                  advertisers
GET   /my-page/refunds/                                  advertisers
# automatic top-up; Eve has no card, so nothing is agreed to. A card is kept only with what the gateway's window gave: here nothing
GET   /my-page/auto-top-up/                              advertisers
POST  /my-page/auto-top-up/                              minji eve
POST  /my-page/auto-top-up/stop/                         minji eve
POST  /my-page/cards/add/                                minji eve
GET   /my-page/cards/<uuid:public_id>/                   minji
post  /my-page/cards/<uuid:public_id>/register/          minji
POST  /my-page/cards/<uuid:public_id>/remove/            minji
GET   /my-page/refund-account/                           minji eve
POST  /my-page/refund-account/                           minji eve
GET   /my-page/statements/                               advertisers
GET   /my-page/statements/<slug:period>/                 advertisers
GET   /my-page/statements/<slug:period>/<slug:form>/     advertisers
# the team; the link of an invitation speaks for itself, and only the invited person may accept
GET   /my-page/profile/                                  advertisers
POST  /my-page/profile/                                  minji eve
POST  /my-page/switch/                                   minji jisoo
GET   /my-page/team/                                     advertisers
GET   /my-page/team/history/                             advertisers
POST  /my-page/team/invite/                              minji eve
POST  /my-page/team/leave/                               jisoo
POST  /my-page/team/set-limit/                           minji eve
POST  /my-page/team/invitations/<uuid:public_id>/revoke/       minji
POST  /my-page/team/members/<uuid:public_id>/change-role/      minji
POST  /my-page/team/members/<uuid:public_id>/remove/           minji
GET   /my-page/team/members/<uuid:public_id>/limit/            minji
POST  /my-page/team/members/<uuid:public_id>/limit/            minji
POST  /my-page/team/members/<uuid:public_id>/make-owner/       minji
POST  /my-page/team/recipients/add/                      minji eve
POST  /my-page/team/recipients/<uuid:public_id>/remove/  minji
# a report address has no account: its link speaks for itself
GET   /reports/<slug:token>/                             everybody
POST  /reports/<slug:token>/confirm/                     everybody
POST  /reports/<slug:token>/stop/                        everybody
GET   /invitations/<slug:token>/                         everybody
POST  /invitations/<slug:token>/accept/                  eve
GET   /my-page/papers/                                   minji eve
POST  /my-page/papers/                                   minji eve
GET   /my-page/papers/<uuid:public_id>/                  minji
# questions and answers: the team's
GET   /my-page/inquiries/                                advertisers
GET   /my-page/inquiries/new/                            advertisers
POST  /my-page/inquiries/new/                            advertisers
GET   /my-page/inquiries/<uuid:public_id>/               team
POST  /my-page/inquiries/<uuid:public_id>/               team
POST  /my-page/inquiries/<uuid:public_id>/close/         team
GET   /my-page/inquiries/attachments/<uuid:public_id>/   team
GET   /my-page/api-keys/                                 minji eve
POST  /my-page/api-keys/create/                          minji eve
POST  /my-page/api-keys/<uuid:public_id>/rotate/         minji
POST  /my-page/api-keys/<uuid:public_id>/revoke/         minji
GET   /my-page/webhooks/                                 minji eve
POST  /my-page/webhooks/create/                          minji eve
GET   /my-page/webhooks/<uuid:public_id>/                minji
POST  /my-page/webhooks/<uuid:public_id>/                minji
POST  /my-page/webhooks/<uuid:public_id>/rotate/         minji
POST  /my-page/webhooks/<uuid:public_id>/try/            minji
POST  /my-page/webhooks/<uuid:public_id>/switch-off/     minji
# the one of the world is on already; tests/advertisers/test_webhook_pages.py switches one on
post  /my-page/webhooks/<uuid:public_id>/switch-on/      minji
POST  /my-page/webhooks/<uuid:public_id>/remove/         minji
# the one of the world is on its way already; tests/campaigns/test_lists_api.py and tests/advertisers/test_webhooks.py send ended ones again
post  /my-page/webhooks/deliveries/<uuid:public_id>/replay/ minji
POST  /my-page/webhooks/deliveries/<uuid:public_id>/skip/ minji
# both are businesses already; a person's way is tests/advertisers/test_leaving.py
-     /my-page/business/
# both have credits left, so closing is refused with a list
GET   /my-page/closing/                                  minji eve
post  /my-page/closing/                                  minji eve
# owners are refused with a list; whoever has no team at all: tests/advertisers/test_leaving.py
GET   /accounts/leave/                                   advertisers
POST  /accounts/leave/                                   advertisers
GET   /campaigns/approvals/                              advertisers
POST  /campaigns/approvals/<uuid:public_id>/approve/     minji
POST  /campaigns/approvals/<uuid:public_id>/refuse/      minji
# paying and getting money back; the return page has no session and leaves a paid order as it is, the webhook has its signature
GET   /payments/top-up/                                  minji eve
POST  /payments/top-up/                                  minji eve
GET   /payments/orders/<slug:order_id>/                  team
POST  /payments/orders/<slug:order_id>/open/             minji
POST  /payments/orders/<slug:order_id>/switch/           minji
# who pays: on the day on which nobody has to prove it, the page leads back to the order; above a limit a second member agrees
GET   /payments/orders/<slug:order_id>/identity/         minji
post  /payments/orders/<slug:order_id>/identity/         minji
GET   /payments/approvals/                               advertisers
POST  /payments/approvals/<uuid:public_id>/approve/      minji
POST  /payments/approvals/<uuid:public_id>/refuse/       minji
GET   /payments/orders/<slug:order_id>/complete/         everybody
post  /payments/orders/<slug:order_id>/complete/         everybody
GET   /payments/orders/<slug:order_id>/receipt/          team
GET   /payments/orders/<slug:order_id>/receipt/pdf/      team
GET   /payments/orders/<slug:order_id>/refund/           minji
POST  /payments/orders/<slug:order_id>/refund/           minji
POST  /payments/refunds/<uuid:public_id>/withdraw/       minji
POST  /payments/webhooks/<slug:gateway>/                 everybody
# campaigns
GET   /campaigns/                                        advertisers
GET   /campaigns/new/                                    minji eve
POST  /campaigns/new/                                    minji eve
GET   /campaigns/drafts/<uuid:public_id>/<slug:step>/    minji
POST  /campaigns/drafts/<uuid:public_id>/<slug:step>/    minji
POST  /campaigns/drafts/<uuid:public_id>/discard/        minji
GET   /campaigns/drafts/<uuid:public_id>/preview/<slug:view>/    minji
GET   /campaigns/images/                                 advertisers
POST  /campaigns/images/                                 minji eve
GET   /campaigns/images/<uuid:public_id>/                team
GET   /campaigns/<uuid:public_id>/                       team
POST  /campaigns/<uuid:public_id>/duplicate/             minji
POST  /campaigns/<uuid:public_id>/correct/               minji
POST  /campaigns/<uuid:public_id>/pause/                 minji
POST  /campaigns/<uuid:public_id>/resume/                minji
POST  /campaigns/<uuid:public_id>/end/                   minji
POST  /campaigns/<uuid:public_id>/raise-budget/          minji
POST  /campaigns/<uuid:public_id>/withdraw/              minji
POST  /campaigns/<uuid:public_id>/appeal/                minji
POST  /campaigns/<uuid:public_id>/extend/                minji
POST  /campaigns/<uuid:public_id>/plan/                  minji
# a list is compared and forgotten
GET   /campaigns/<uuid:public_id>/own-list/              team
post  /campaigns/<uuid:public_id>/own-list/              team
POST  /campaigns/plans/<uuid:public_id>/cancel/          minji
# what eve chose is not hers: she is led back to her list, and nothing was done
POST  /campaigns/bulk/                                   minji eve
# conversions: the secrets are shown to those who may spend; the doors take calls from machines, and log each
GET   /campaigns/<uuid:public_id>/postbacks/             team
POST  /campaigns/<uuid:public_id>/postbacks/try/         minji
POST  /campaigns/<uuid:public_id>/postbacks/events/add/  minji
POST  /campaigns/<uuid:public_id>/postbacks/events/drop/ minji
POST  /campaigns/<uuid:public_id>/postbacks/rotate/      minji
POST  /campaigns/<uuid:public_id>/postbacks/end-earlier/ minji
GET   /postbacks/offerwalls/<slug:network>/              everybody
POST  /postbacks/offerwalls/<slug:network>/              everybody
GET   /postbacks/<slug:network>/                         everybody
POST  /postbacks/<slug:network>/                         everybody
GET   /postbacks/<slug:network>/<str:credential>/        everybody
POST  /postbacks/<slug:network>/<str:credential>/        everybody
# what members sent in: the pictures are seen where the advertiser checks them, and decided by those who may spend
GET   /campaigns/<uuid:public_id>/evidence/              team
GET   /campaigns/<uuid:public_id>/evidence/<uuid:evidence_id>/picture/   team
POST  /campaigns/<uuid:public_id>/evidence/<uuid:evidence_id>/approve/   minji
POST  /campaigns/<uuid:public_id>/evidence/<uuid:evidence_id>/refuse/    minji
# who applied is seen by the team, and chosen by those who may spend
GET   /campaigns/<uuid:public_id>/applications/          team
POST  /campaigns/<uuid:public_id>/applications/<uuid:application_id>/choose/    minji
POST  /campaigns/<uuid:public_id>/applications/<uuid:application_id>/pass/      minji
"""

LUCKFFLE = """
GET   /luckffle/login/                                   everybody
POST  /luckffle/login/                                   everybody
post  /luckffle/logout/                                  everybody
# missions are read by anybody; taking part is the member's own. A heartbeat is stateless: a member who holds the token may count
GET   /luckffle/                                         everybody
GET   /luckffle/missions/                                everybody
GET   /luckffle/missions/<uuid:public_id>/               everybody
GET   /luckffle/images/<uuid:public_id>/                 everybody
GET   /luckffle/banners/<uuid:public_id>/                everybody
POST  /luckffle/missions/seen/                           members
GET   /luckffle/me/                                      members
POST  /luckffle/me/                                      members
POST  /luckffle/me/rename/                               members
# what somebody agreed to, their devices, who they are, their data, and leaving: one's own. Nobody here brought a proof back to a browser
GET   /luckffle/me/consents/                             members
POST  /luckffle/me/consents/                             members
GET   /luckffle/me/password/                             members
POST  /luckffle/me/password/                             members
GET   /luckffle/me/sessions/                             members
POST  /luckffle/me/sessions/                             members
POST  /luckffle/me/sessions/<slug:device>/end/           suji
GET   /luckffle/me/identity/                             members
post  /luckffle/me/identity/                             members
GET   /luckffle/me/phone/                                members
POST  /luckffle/me/phone/                                members
GET   /luckffle/me/data/                                 members
POST  /luckffle/me/data/                                 members
GET   /luckffle/me/data/file/                            suji
GET   /luckffle/me/leave/                                members
POST  /luckffle/me/leave/                                members
# tickets, what one took part in, and what one asked: one's own
GET   /luckffle/wallet/                                  members
GET   /luckffle/attendance/                              members
POST  /luckffle/attendance/                              members
GET   /luckffle/me/invite/                               members
GET   /luckffle/me/inbox/                              members
POST  /luckffle/me/inbox/                              members
GET   /luckffle/participations/                          members
GET   /luckffle/participations/<uuid:public_id>/         suji
POST  /luckffle/participations/<uuid:public_id>/claim/   suji
GET   /luckffle/inquiries/                               members
GET   /luckffle/inquiries/new/                           members
POST  /luckffle/inquiries/new/                           members
GET   /luckffle/inquiries/<uuid:public_id>/              suji
POST  /luckffle/inquiries/<uuid:public_id>/              suji
POST  /luckffle/inquiries/<uuid:public_id>/close/        suji
GET   /luckffle/inquiries/attachments/<uuid:public_id>/  suji
# signing up, and a new password: whoever is signed in as a member is led home. Nobody here has proved a number
GET   /luckffle/signup/                                  everybody
POST  /luckffle/signup/                                  everybody
GET   /luckffle/signup/finish/                           everybody
post  /luckffle/signup/finish/                           everybody
GET   /luckffle/code/<str:purpose>/                      everybody
GET   /luckffle/password/reset/                          everybody
POST  /luckffle/password/reset/                          everybody
GET   /luckffle/password/reset/<str:token>/              everybody
POST  /luckffle/password/reset/<str:token>/              everybody
# the try that exists is the app's, so it is no browser's; the agency sends browsers back without our session
POST  /luckffle/identity/start/<str:purpose>/            members
-     /luckffle/identity/<uuid:public_id>/
-     /luckffle/identity/<uuid:public_id>/complete/
GET   /luckffle/identity/<uuid:public_id>/return/        everybody
POST  /luckffle/identity/<uuid:public_id>/return/        everybody
POST  /luckffle/missions/<uuid:public_id>/start/         members
POST  /luckffle/missions/<uuid:public_id>/open/          suji
post  /luckffle/missions/<uuid:public_id>/beat/          members
POST  /luckffle/missions/<uuid:public_id>/confirm/       suji
POST  /luckffle/missions/<uuid:public_id>/answer/        suji
POST  /luckffle/missions/<uuid:public_id>/picture/       suji
POST  /luckffle/missions/<uuid:public_id>/step/          suji
POST  /luckffle/missions/<uuid:public_id>/apply/         members
# a raffle and its draw are for everybody to check; what one enters and claims is the member's own
GET   /luckffle/raffles/                                 everybody
GET   /luckffle/raffles/verify_raffle.py                 everybody
GET   /luckffle/raffles/<uuid:public_id>/                everybody
GET   /luckffle/raffles/<uuid:public_id>/verify/         everybody
GET   /luckffle/raffles/<uuid:public_id>/record.json     everybody
POST  /luckffle/raffles/<uuid:public_id>/enter/          members
POST  /luckffle/raffles/<uuid:public_id>/claim/          suji
GET   /luckffle/raffles/<uuid:public_id>/tax/            suji
POST  /luckffle/raffles/<uuid:public_id>/tax/            suji
# what tickets can be exchanged for is for everybody to see; what one got for them is one's own
GET   /luckffle/offerwalls/                              members
GET   /luckffle/shop/                                    everybody
GET   /luckffle/shop/<uuid:public_id>/                   everybody
POST  /luckffle/shop/<uuid:public_id>/exchange/          members
GET   /luckffle/shop/box/                                members
GET   /luckffle/shop/box/<uuid:public_id>/               suji
GET   /luckffle/shop/box/<uuid:public_id>/barcode.png    suji
POST  /luckffle/shop/box/<uuid:public_id>/resend/        suji
# the app; its sign-in and its refresh token speak for themselves. DELETE session signs out, and says by 401 that this is so
GET   /api/luckffle/v1/openapi.json                      everybody
GET   /api/luckffle/v1/docs                              everybody
-     /api/luckffle/v1/
POST  /api/luckffle/v1/signup/code                       everybody
POST  /api/luckffle/v1/signup/prove                      everybody
POST  /api/luckffle/v1/signup                            everybody
POST  /api/luckffle/v1/password-reset/code               everybody
POST  /api/luckffle/v1/password-reset/prove              everybody
POST  /api/luckffle/v1/password-reset                    everybody
POST  /api/luckffle/v1/password                          members
GET   /api/luckffle/v1/agreements                          members
POST  /api/luckffle/v1/agreements                          members
GET   /api/luckffle/v1/sign-ins                           members
POST  /api/luckffle/v1/sign-ins/<sign_in_id>/end           suji
POST  /api/luckffle/v1/sign-ins/end-all                members
POST  /api/luckffle/v1/me/phone/code                     members
POST  /api/luckffle/v1/me/phone                          members
GET   /api/luckffle/v1/me/data                           suji
POST  /api/luckffle/v1/me/data                           members
GET   /api/luckffle/v1/me/data/file                      suji
GET   /api/luckffle/v1/me/leave                          members
POST  /api/luckffle/v1/me/leave                          members
POST  /api/luckffle/v1/identity/start                    members
POST  /api/luckffle/v1/identity/complete                 suji
POST  /api/luckffle/v1/auth/login                        everybody
GET   /api/luckffle/v1/auth/session                      members
post  /api/luckffle/v1/auth/refresh                      everybody
GET   /api/luckffle/v1/me                                members
PATCH /api/luckffle/v1/me                                members
GET   /api/luckffle/v1/wallet                            members
GET   /api/luckffle/v1/banners                           members
GET   /api/luckffle/v1/today                             members
GET   /api/luckffle/v1/missions                          members
GET   /api/luckffle/v1/missions/<mission_id>             members
POST  /api/luckffle/v1/missions/<mission_id>/start       members
POST  /api/luckffle/v1/seen                              members
POST  /api/luckffle/v1/missions/<mission_id>/apply       members
GET   /api/luckffle/v1/raffles                           members
GET   /api/luckffle/v1/raffles/<raffle_id>               members
GET   /api/luckffle/v1/raffles/<raffle_id>/entries       members
POST  /api/luckffle/v1/raffles/<raffle_id>/entries       members
POST  /api/luckffle/v1/raffles/<raffle_id>/claim         suji
GET   /api/luckffle/v1/raffles/<raffle_id>/tax           suji
POST  /api/luckffle/v1/raffles/<raffle_id>/tax           suji
GET   /api/luckffle/v1/offerwalls                        members
POST  /api/luckffle/v1/devices                           members
POST  /api/luckffle/v1/devices/<device_number>/forget    suji
GET   /api/luckffle/v1/shop/gifticons                    members
GET   /api/luckffle/v1/shop/gifticons/<gifticon_id>      members
POST  /api/luckffle/v1/shop/gifticons/<gifticon_id>/exchange        members
GET   /api/luckffle/v1/shop/orders                       members
GET   /api/luckffle/v1/shop/orders/<order_id>            suji
POST  /api/luckffle/v1/shop/orders/<order_id>/resend     suji
GET   /api/luckffle/v1/wallet/lines                      members
GET   /api/luckffle/v1/attendance                        members
POST  /api/luckffle/v1/attendance                        members
GET   /api/luckffle/v1/invitation                        members
GET   /api/luckffle/v1/inbox                           members
POST  /api/luckffle/v1/inbox/read                      members
GET   /api/luckffle/v1/inquiries                         members
POST  /api/luckffle/v1/inquiries                         members
GET   /api/luckffle/v1/inquiries/<inquiry_id>            suji
POST  /api/luckffle/v1/inquiries/<inquiry_id>/words      suji
POST  /api/luckffle/v1/inquiries/<inquiry_id>/close      suji
GET   /api/luckffle/v1/inquiries/files/<file_id>         suji
GET   /api/luckffle/v1/participations                    members
GET   /api/luckffle/v1/participations/waiting            members
GET   /api/luckffle/v1/participations/<participation_id>/timeline   suji
POST  /api/luckffle/v1/participations/<participation_id>/claim      suji
GET   /api/luckffle/v1/participations/<participation_id>            suji
POST  /api/luckffle/v1/participations/<participation_id>/open       suji
post  /api/luckffle/v1/participations/<participation_id>/beat       members
POST  /api/luckffle/v1/participations/<participation_id>/answer     suji
POST  /api/luckffle/v1/participations/<participation_id>/picture    suji
POST  /api/luckffle/v1/participations/<participation_id>/step       suji
POST  /api/luckffle/v1/participations/<participation_id>/confirm    suji
"""

BACKOFFICE = """
# a password alone opens nothing: it leads to the second factor
GET   /backoffice/login/                                 everybody
post  /backoffice/login/                                 everybody
post  /backoffice/logout/                                everybody
GET   /backoffice/account/password/                      operators
POST  /backoffice/account/password/                      operators
GET   /backoffice/account/sessions/                      operators
post  /backoffice/account/sessions/                      operators
post  /backoffice/account/sessions/<slug:device>/end/    admin
# the second factor; the way in is over for whoever has shown one. Admin has a passkey beside the app
GET   /backoffice/2fa/passkeys/login/                    operators
post  /backoffice/2fa/passkeys/login/                    operators
GET   /backoffice/2fa/passkeys/again/                    operators
POST  /backoffice/2fa/passkeys/again/                    operators
GET   /backoffice/2fa/passkeys/add/                      operators
POST  /backoffice/2fa/passkeys/add/                      operators
GET   /backoffice/2fa/passkeys/<slug:passkey>/rename/    admin
POST  /backoffice/2fa/passkeys/<slug:passkey>/rename/    admin
GET   /backoffice/2fa/passkeys/<slug:passkey>/remove/    admin
POST  /backoffice/2fa/passkeys/<slug:passkey>/remove/    admin
GET   /backoffice/2fa/                                   operators
GET   /backoffice/2fa/authenticate/                      operators
post  /backoffice/2fa/authenticate/                      operators
GET   /backoffice/2fa/reauthenticate/                    operators
POST  /backoffice/2fa/reauthenticate/                    operators
GET   /backoffice/2fa/password/                          operators
post  /backoffice/2fa/password/                          operators
GET   /backoffice/2fa/totp/                              operators
post  /backoffice/2fa/totp/                              operators
GET   /backoffice/2fa/recovery-codes/                    operators
GET   /backoffice/2fa/recovery-codes/generate/           operators
POST  /backoffice/2fa/recovery-codes/generate/           operators
# the work list and the switch over money
GET   /backoffice/                                       operators
POST  /backoffice/alerts/<uuid:public_id>/dismiss/       finance admin
GET   /backoffice/history/                               admin
GET   /backoffice/access-review/                         admin
POST  /backoffice/access-review/<str:month>/confirm/     admin
POST  /backoffice/proof/run/                             finance admin
GET   /backoffice/documents/                             finance admin
POST  /backoffice/documents/<uuid:public_id>/retry/      finance admin
GET   /backoffice/liabilities/                           finance admin
GET   /backoffice/postings/                              finance admin
# the card review; nobody here has made a pack (tests/backoffice/test_card_review_room.py)
GET   /backoffice/card-review/                           finance admin
POST  /backoffice/card-review/mode/on/                   finance admin
POST  /backoffice/card-review/mode/off/                  finance admin
POST  /backoffice/card-review/packs/make/                finance admin
-     /backoffice/card-review/packs/<uuid:public_id>/
-     /backoffice/card-review/packs/<uuid:public_id>/<slug:kind>/
GET   /backoffice/money-switch/                          finance admin
POST  /backoffice/money-switch/stop/                     finance admin
POST  /backoffice/money-switch/resume/                   finance admin
# our books beside those of the payment companies; a list is read from its file
GET   /backoffice/reconciliation/                        finance admin
POST  /backoffice/reconciliation/run/                    finance admin
POST  /backoffice/reconciliation/upload/                 finance admin
# the house's own account
GET   /backoffice/bank/                                  finance admin
POST  /backoffice/bank/statement/                        finance admin
POST  /backoffice/bank/deposits/<uuid:public_id>/match/        finance admin
POST  /backoffice/bank/deposits/<uuid:public_id>/return/       finance admin
POST  /backoffice/bank/payouts/<uuid:public_id>/start/         finance admin
# nobody of this house has begun a transfer: tests/backoffice/test_bank_room.py
post  /backoffice/bank/payouts/<uuid:public_id>/finish/        finance admin
post  /backoffice/bank/payouts/<uuid:public_id>/take-over/     finance admin
POST  /backoffice/bank/payouts/<uuid:public_id>/call-off/      finance admin
# the refund desk
GET   /backoffice/raffles/                               finance admin
GET   /backoffice/raffles/new/                           admin
POST  /backoffice/raffles/new/                           admin
GET   /backoffice/raffles/<uuid:public_id>/              finance admin
POST  /backoffice/raffles/<uuid:public_id>/fund/         finance admin
POST  /backoffice/raffles/<uuid:public_id>/void/         admin
POST  /backoffice/raffles/<uuid:public_id>/winners/<int:place>/deliver/  admin
# what winners owe the tax office; the file with their names and numbers asks for a right of its own
GET   /backoffice/prize-taxes/                           finance admin
POST  /backoffice/prize-taxes/<uuid:public_id>/pay/      finance admin
POST  /backoffice/prize-taxes/<uuid:public_id>/forfeit/  finance admin
POST  /backoffice/prize-taxes/statements/<int:year>/download/       finance admin
GET   /backoffice/gifticons/                             finance admin
POST  /backoffice/gifticons/deposits/note/               finance admin
POST  /backoffice/gifticons/imports/start/               admin
GET   /backoffice/gifticons/imports/<uuid:public_id>/    finance admin
POST  /backoffice/gifticons/imports/<uuid:public_id>/apply/         admin
POST  /backoffice/gifticons/imports/<uuid:public_id>/drop/          admin
GET   /backoffice/gifticons/goods/                       finance admin
POST  /backoffice/gifticons/goods/<uuid:public_id>/change/          admin
POST  /backoffice/gifticons/markups/set/                 admin
# offerwalls: a closed network pays nobody, a reward that waits is paid or not
GET   /backoffice/offerwalls/                            finance admin
POST  /backoffice/offerwalls/networks/<slug:network>/switch/     finance admin
POST  /backoffice/offerwalls/rewards/<uuid:public_id>/pay/       finance admin
POST  /backoffice/offerwalls/rewards/<uuid:public_id>/refuse/    finance admin
# pushes: what is kept is a draft; a trial rings suji's phone
GET   /backoffice/pushes/                                admin
GET   /backoffice/pushes/new/                            admin
POST  /backoffice/pushes/new/                            admin
post  /backoffice/pushes/count/                          admin
GET   /backoffice/pushes/<uuid:public_id>/               admin
POST  /backoffice/pushes/<uuid:public_id>/try/           admin
POST  /backoffice/pushes/<uuid:public_id>/schedule/      admin
POST  /backoffice/pushes/<uuid:public_id>/stop/          admin
GET   /backoffice/refunds/                               finance admin
GET   /backoffice/refunds/<uuid:public_id>/              finance admin
POST  /backoffice/refunds/<uuid:public_id>/approve/      finance admin
POST  /backoffice/refunds/<uuid:public_id>/deny/         finance admin
POST  /backoffice/refunds/<uuid:public_id>/retry/        finance admin
# the content room
GET   /backoffice/content/                               admin
GET   /backoffice/content/guides/<slug:slug>/            admin
POST  /backoffice/content/guides/<slug:slug>/copy/       admin
POST  /backoffice/content/copies/<uuid:public_id>/publish/     admin
POST  /backoffice/content/copies/<uuid:public_id>/drop/  admin
GET   /backoffice/content/pictures/<uuid:public_id>/     admin
GET   /backoffice/content/texts/<slug:slug>/             admin
POST  /backoffice/content/texts/<slug:slug>/announce/    admin
GET   /backoffice/content/messages/                      admin
GET   /backoffice/content/messages/<str:kind>/           admin
POST  /backoffice/content/messages/<str:kind>/save/      admin
# the inquiry desk
GET   /backoffice/inquiries/                             admin
GET   /backoffice/ad-inquiries/                          admin
GET   /backoffice/inquiries/<uuid:public_id>/            admin
GET   /backoffice/inquiries/attachments/<uuid:public_id>/     admin
POST  /backoffice/inquiries/<uuid:public_id>/answer/     admin
POST  /backoffice/inquiries/<uuid:public_id>/note/       admin
POST  /backoffice/inquiries/<uuid:public_id>/take/       admin
POST  /backoffice/inquiries/<uuid:public_id>/close/      admin
POST  /backoffice/inquiries/<uuid:public_id>/demo/       admin
# how far people get while they sign up
GET   /backoffice/signup-steps/                          operators
# the desk for papers of businesses
GET   /backoffice/papers/                                operator admin
GET   /backoffice/papers/<uuid:public_id>/               operator admin
GET   /backoffice/papers/<uuid:public_id>/pages/<int:number>/  operator admin
GET   /backoffice/papers/<uuid:public_id>/file/          operator admin
POST  /backoffice/papers/<uuid:public_id>/approve/       operator admin
POST  /backoffice/papers/<uuid:public_id>/ask-again/     operator admin
POST  /backoffice/papers/<uuid:public_id>/refuse/        operator admin
# a transfer by hand; no refund of this house has failed, so nothing changes: its steps are tests/backoffice/test_transfer_desk.py
post  /backoffice/refunds/<uuid:public_id>/send-by-bank/       finance admin
-     /backoffice/refunds/<uuid:public_id>/approve-transfer/
-     /backoffice/refunds/<uuid:public_id>/start-transfer/
-     /backoffice/refunds/<uuid:public_id>/take-over-transfer/
-     /backoffice/refunds/<uuid:public_id>/finish-transfer/
-     /backoffice/refunds/<uuid:public_id>/call-off-transfer/
# the review desk
GET   /backoffice/review/                                operators
GET   /backoffice/review/<uuid:public_id>/               operators
POST  /backoffice/review/<uuid:public_id>/approve/       operator admin
POST  /backoffice/review/<uuid:public_id>/reject/        operator admin
POST  /backoffice/review/<uuid:public_id>/ask-changes/   operator admin
POST  /backoffice/review/<uuid:public_id>/lock/          operator admin
POST  /backoffice/review/<uuid:public_id>/unlock/        operator admin
GET   /backoffice/evidence/                              operators
GET   /backoffice/evidence/<uuid:evidence_id>/picture/   operators
POST  /backoffice/evidence/<uuid:evidence_id>/approve/   operator admin
POST  /backoffice/evidence/refuse-many/                   operator admin
POST  /backoffice/evidence/<uuid:evidence_id>/refuse/    operator admin
# what was paid and is doubted, who is kept out, and the lists that say what is doubted
GET   /backoffice/suspicions/                            operators
POST  /backoffice/suspicions/<uuid:public_id>/invalidate/   operator admin
POST  /backoffice/suspicions/<uuid:public_id>/clear/     operator admin
GET   /backoffice/blocks/                                operators
POST  /backoffice/blocks/add/                            operator admin
POST  /backoffice/blocks/<int:number>/lift/              operator admin
GET   /backoffice/traffic-lists/                         operators
POST  /backoffice/traffic-lists/import/                  operator admin
POST  /backoffice/review/<uuid:public_id>/claim/         operator admin
POST  /backoffice/review/<uuid:public_id>/hold/          operator admin
POST  /backoffice/review/<uuid:public_id>/go-on/         operator admin
POST  /backoffice/review/<uuid:public_id>/flag/          operator admin
POST  /backoffice/review/<uuid:public_id>/fine/          operator admin
POST  /backoffice/review/<uuid:public_id>/expose/        operator admin
GET   /backoffice/review/<uuid:public_id>/preview/<int:number>/<slug:view>/     operators
# the campaigns here show no picture
-     /backoffice/review/<uuid:public_id>/images/<uuid:image>/
GET   /backoffice/exposure/                              operators
POST  /backoffice/exposure/reorder/                      operator admin
POST  /backoffice/exposure/hold/                         operator admin
POST  /backoffice/exposure/places/<uuid:public_id>/free/ operator admin
GET   /backoffice/banners/                               operators
GET   /backoffice/banners/new/                           operator admin
POST  /backoffice/banners/new/                           operator admin
GET   /backoffice/banners/home/                          operators
GET   /backoffice/banners/home/frame/                    operators
GET   /backoffice/banners/<uuid:public_id>/              operators
GET   /backoffice/banners/<uuid:public_id>/image/        operators
POST  /backoffice/banners/<uuid:public_id>/change/       operator admin
POST  /backoffice/banners/<uuid:public_id>/stop/         operator admin
POST  /backoffice/lists/<slug:name>/export/              finance admin
# lists from files: a look keeps nothing; what is taken over names what was looked at
GET   /backoffice/imports/                               admin
GET   /backoffice/imports/<slug:kind>/                   admin
GET   /backoffice/imports/<slug:kind>/example/           admin
post  /backoffice/imports/<slug:kind>/look/              admin
POST  /backoffice/imports/<slug:kind>/take/              admin
GET   /backoffice/claims/                                finance admin
# decisions about one row; nobody here owes anything or is restricted
GET   /backoffice/advertisers/advertiser/<path:object_id>/give_credits/      finance admin
POST  /backoffice/advertisers/advertiser/<path:object_id>/give_credits/      finance admin
GET   /backoffice/advertisers/advertiser/<path:object_id>/act_as/            admin
POST  /backoffice/advertisers/advertiser/<path:object_id>/act_as/            admin
GET   /backoffice/advertisers/advertiser/<path:object_id>/settle_claim/      finance admin
post  /backoffice/advertisers/advertiser/<path:object_id>/settle_claim/      finance admin
GET   /backoffice/advertisers/advertiser/<path:object_id>/lift_restriction/  finance admin
POST  /backoffice/advertisers/advertiser/<path:object_id>/lift_restriction/  finance admin
GET   /backoffice/advertisers/advertiser/<path:object_id>/end_demo/          admin
POST  /backoffice/advertisers/advertiser/<path:object_id>/end_demo/          admin
GET   /backoffice/advertisers/membership/<path:object_id>/show_contact/    admin
POST  /backoffice/advertisers/membership/<path:object_id>/show_contact/    admin
GET   /backoffice/identity/user/hire/                                    admin
POST  /backoffice/identity/user/hire/                                    admin
# the person of this house is no operator, so nothing of these is for them: tests/backoffice/test_operators.py
-     /backoffice/identity/user/<path:object_id>/set_roles/
-     /backoffice/identity/user/<path:object_id>/set_networks/
-     /backoffice/identity/user/<path:object_id>/let_go/
GET   /backoffice/identity/user/<path:object_id>/show_contact/             admin
POST  /backoffice/identity/user/<path:object_id>/show_contact/             admin
GET   /backoffice/identity/withdrawnperson/<path:object_id>/show_kept/     admin
POST  /backoffice/identity/withdrawnperson/<path:object_id>/show_kept/     admin
GET   /backoffice/rewards/member/<path:object_id>/show_contact/            admin
POST  /backoffice/rewards/member/<path:object_id>/show_contact/            admin
GET   /backoffice/common/effect/<path:object_id>/unpark/                   admin
POST  /backoffice/common/effect/<path:object_id>/unpark/                   admin
GET   /backoffice/common/inboundwebhook/<path:object_id>/replay/           finance admin
POST  /backoffice/common/inboundwebhook/<path:object_id>/replay/           finance admin
GET   /backoffice/common/datedsetting/set_policy/                          admin
POST  /backoffice/common/datedsetting/set_policy/                          admin
GET   /backoffice/identity/approvalrequest/<path:object_id>/approve/       finance admin
POST  /backoffice/identity/approvalrequest/<path:object_id>/approve/       finance admin
GET   /backoffice/identity/approvalrequest/<path:object_id>/refuse/        finance admin
POST  /backoffice/identity/approvalrequest/<path:object_id>/refuse/        finance admin
GET   /backoffice/payments/offer/<path:object_id>/end_offer/               finance admin
POST  /backoffice/payments/offer/<path:object_id>/end_offer/               finance admin
GET   /backoffice/payments/offer/<path:object_id>/raise_budget/            finance admin
POST  /backoffice/payments/offer/<path:object_id>/raise_budget/            finance admin
GET   /backoffice/payments/paymentorder/<path:object_id>/ask_gateway/      finance admin
POST  /backoffice/payments/paymentorder/<path:object_id>/ask_gateway/      finance admin
# the money in the world came for an order that has its credits: it can only be given back
GET   /backoffice/payments/unallocatedmoney/<path:object_id>/allocate/     finance admin
post  /backoffice/payments/unallocatedmoney/<path:object_id>/allocate/     finance admin
GET   /backoffice/payments/unallocatedmoney/<path:object_id>/send_back/    finance admin
POST  /backoffice/payments/unallocatedmoney/<path:object_id>/send_back/    finance admin
GET   /backoffice/payments/paymentorder/<path:object_id>/open_dispute/     finance admin
POST  /backoffice/payments/paymentorder/<path:object_id>/open_dispute/     finance admin
GET   /backoffice/payments/reconciliationitem/<path:object_id>/settle/     finance admin
POST  /backoffice/payments/reconciliationitem/<path:object_id>/settle/     finance admin
# the theme's own; what is searched for and what a list shows obeys the rights of the models
GET   /backoffice/search/                                operators
post  /backoffice/search/                                operators
GET   /backoffice/password_change/                       operators
-     /backoffice/autocomplete/
GET   /backoffice/jsi18n/                                operators
-     /backoffice/r/<path:content_type_id>/<path:object_id>/
-     /backoffice/(?P<url>.*)$
GET   /backoffice/<app_label>/                                 finance admin
post  /backoffice/<app_label>/                                 finance admin
"""

# One row per model of the back office: who sees its list, its rows and their history; who may add; who may change. Nobody deletes.
MODELS = """
                                sees              adds              changes
advertisers/advertiser          operators         -                 -
advertisers/membership          operators         -                 -
campaigns/campaign              operators         -                 -
campaigns/reviewreason          operator,admin    operator,admin    operator,admin
campaigns/policyrule            operators         operator,admin    operator,admin
inquiries/notice                admin             admin             admin
inquiries/faq                   admin             admin             admin
inquiries/guide                 admin             admin             admin
common/effect                   admin             -                 -
common/jobrun                   admin             -                 -
common/inboundwebhook           finance,admin     -                 -
common/datedsetting             admin             -                 -
credits/account                 finance,admin     -                 -
credits/entry                   finance,admin     -                 -
credits/lot                     finance,admin     -                 -
credits/hold                    finance,admin     -                 -
credits/daydigest               finance,admin     -                 -
credits/proofrun                finance,admin     -                 -
identity/user                   admin             -                 -
identity/approvalrequest        finance,admin     -                 -
identity/notification           operators         -                 -
identity/accesslog              admin             -                 -
identity/retentionrule          admin             -                 -
identity/withdrawnperson        operators         -                 -
admin/logentry                  admin             -                 -
backoffice/actassession         admin             -                 -
backoffice/cannedreply          admin             admin             admin
payments/package                finance,admin     finance,admin     finance,admin
payments/suretypolicy           finance,admin     finance,admin     finance,admin
payments/offer                  finance,admin     finance,admin     -
payments/offeruse               finance,admin     -                 -
payments/paymentorder           finance,admin     -                 -
payments/reconciliationitem     finance,admin     -                 -
payments/unallocatedmoney       finance,admin     -                 -
rewards/member                  operators         -                 -
rewards/gifticonorder           finance,admin     -                 -
"""


def table() -> dict[str, dict[str, tuple[str, ...]]]:
    """Pattern without the leading slash → method as written → who may. An address for nobody has no methods."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    rows = [line.split() for line in (ADVERTISER + LUCKFFLE + BACKOFFICE).splitlines() if line and not line.startswith("#")]
    for method, address, *who in [*rows, *_rows_of_models()]:
        methods = found.setdefault(address[1:], {})
        assert method not in methods, f"two rows for {method} {address}"
        if method != "-":
            methods[method] = _people(who)
    return found


def _people(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(person for word in words for person in GROUPS.get(word, (word,))))


def _rows_of_models() -> list[list[str]]:
    """The pages that Django's admin makes of a model. A POST to a page that only shows is answered like a GET; a short address leads on."""
    rows = []
    for model, sees, adds, changes in (line.split() for line in MODELS.splitlines()[2:]):
        under = f"/backoffice/{model}/"
        seeing, adding, changing = (words.split(",") for words in (sees, adds, changes))
        for page in (under, f"{under}<path:object_id>/history/"):
            rows += [["GET", page, *seeing], ["post", page, *seeing]]
        rows += [["GET", f"{under}<path:object_id>/", "operators"], ["post", f"{under}<path:object_id>/", "operators"]]
        rows += [["-", f"{under}<path:object_id>/delete/"], ["GET", f"{under}<path:object_id>/change/", *seeing]]
        rows += [["POST", f"{under}<path:object_id>/change/", *changing]] if changes != "-" else []
        rows += [["GET", f"{under}add/", *adding], ["POST", f"{under}add/", *adding]] if adds != "-" else [["-", f"{under}add/"]]
    return rows
