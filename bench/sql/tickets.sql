-- One call moves tickets out of a wallet: the statement of credits.services.tickets.
-- member: of the wallet.   run: makes keys unique.
\set n :n + 1
SELECT credits_move_tickets(:member + :client_id, -1, 'RAFFLE', 'TICKET_SPEND', 'bench:' || :run || ':' || :client_id || ':' || :n, now(), '', '');
