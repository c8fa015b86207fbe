-- A member leaves for the landing page: the statement of campaigns.services.participation.open_landing. Variables as in start.sql.
\set n :n + 1
\set place :client_id * :each + :n - 1
\set member :first + :place
\set mission :campaign + mod(:place + :turn, :campaigns)
SELECT f.code, (f.answer).public_id, (f.answer).campaign_id, (f.answer).period_on, (f.answer).type, (f.answer).attempt, (f.answer).state, (f.answer).device, (f.answer).charged_on, (f.answer).started_at, (f.answer).expires_at, (f.answer).opened_at, (f.answer).confirmed_at, (f.answer).tickets, (f.answer).dwell_seconds, (f.answer).beats, (f.answer).score, f.landing_url FROM campaigns_open(('00000000-0000-4000-8000-' || lpad(to_hex(:mission), 12, '0'))::uuid, :member, now(), (lpad(to_hex(:run), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(:member), 12, '0'))::uuid, (now() AT TIME ZONE 'Asia/Seoul')::date, 1, 'android/luckffle', now() - make_interval(secs => :ago)) f;
