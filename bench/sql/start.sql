-- A member takes a unit: the statement of campaigns.services.participation.start.
-- first: number of the first member.   each: members per client.   run: makes public ids unique.   ago: seconds.
-- campaign, campaigns, turn: number of the first campaign, how many there are, and by how many places members move on.
\set n :n + 1
\set place :client_id * :each + :n - 1
\set member :first + :place
\set mission :campaign + mod(:place + :turn, :campaigns)
SELECT f.code, f.doubt, (f.answer).public_id, (f.answer).campaign_id, (f.answer).period_on, (f.answer).type, (f.answer).attempt, (f.answer).state, (f.answer).device, (f.answer).charged_on, (f.answer).started_at, (f.answer).expires_at, (f.answer).opened_at, (f.answer).confirmed_at, (f.answer).tickets, (f.answer).dwell_seconds, (f.answer).beats, (f.answer).score FROM campaigns_start_from(('00000000-0000-4000-8000-' || lpad(to_hex(:mission), 12, '0'))::uuid, :member, lpad(to_hex(:member), 64, '0'), now(), (lpad(to_hex(:run), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(:member), 12, '0'))::uuid, 'android/luckffle', NULL, now() - make_interval(secs => :ago), false, '', '', '', 'Luckffle/3.2 (Android 15; Dart/3.9)', '', string_to_array('VISIT VIDEO', ' '), string_to_array('60 1000 600 60', ' ')::int[]) f;
