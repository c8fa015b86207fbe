-- Sends every request of a file once, each connection the next one when it has its answer; idle ones after that, until wrk is told to
-- end. Says ALL when every answer is there.
-- arguments: the file (each request behind a line with its length), an idle address, and what that answers.

local waiting, idle, idle_answer = {}, nil, nil
local sent, answered = -1, 0 -- wrk asks for one request only to look at it
local threads = {}
statuses = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(arguments)
   local file = assert(io.open(arguments[1], "rb"))
   local length = file:read("*l")
   while length do
      table.insert(waiting, file:read(tonumber(length)))
      length = file:read("*l")
   end
   idle, idle_answer = wrk.format("GET", arguments[2]), arguments[3]
end

function request()
   sent = sent + 1
   return waiting[sent] or idle
end

function response(status, headers, body)
   if body == idle_answer then
      return
   end
   statuses[status] = (statuses[status] or 0) + 1
   answered = answered + 1
   if answered == #waiting then
      io.write("ALL\n")
      io.flush()
   end
end

function done(summary, latency, requests)
   local parts = { summary.duration, latency:percentile(50), latency:percentile(99) }
   for status, count in pairs(threads[1]:get("statuses")) do
      table.insert(parts, status .. "=" .. count)
   end
   io.write("RESULT " .. table.concat(parts, " ") .. "\n")
end
