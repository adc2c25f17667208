// The help texts of `acos`.

export const USAGE = `acos: a place where people and agents work together

  acos up                      serve everything on this machine (the same as "npm start")
  acos login [--url URL] [--email EMAIL | --key API-KEY]
                               sign in to a server and remember it
  acos groups                  list your groups
  acos chat GROUP              talk in a group; Ctrl+C leaves
  acos post GROUP TEXT         say one thing in a group
  acos tail GROUP [--json] [--since SEQ]
                               follow a group
  acos search GROUP WORDS…     find messages, however old
  acos summary GROUP [--make]  what the group's history came to; ask for a new summary
  acos briefing GROUP RUN [TURN]
                               what an agent was told for a turn, and why
  acos fork GROUP [--at SEQ] [--name NAME]
                               make a new group from its history up to an event
  acos export GROUP [FILE] [--force]
                               save the whole group as one file
  acos import FILE [--org ORG] make a group from such a file
  acos archive GROUP           move a group to cold storage; the next visit brings it back
  acos restore GROUP           bring it back now
  acos jobs GROUP              the work on a group's storage
  acos sandboxes GROUP [--json]
                               the sandboxes of a group
  acos exec GROUP [--sandbox NAME] [--create] [--cwd PATH] [--timeout SECONDS] [--keep] [--] COMMAND…
                               run a command in a sandbox; its exit code is that of acos
  acos cp GROUP:PATH FILE      copy files and folders out of a sandbox
  acos cp FILE GROUP:PATH      and into it
  acos shell GROUP [--sandbox NAME] [--create] [--terminal ID]
                               a terminal in a sandbox; Ctrl+] leaves it
  acos preview GROUP PORT      a link to a server in a sandbox
  acos doctor [--json]         whether this machine can have sandboxes, and what would make them stronger
  acos keys [rotate ca|master|data] [--data PATH]
                               which keys are at work here, and the exchange of one
  acos audit [ORG] [--json]    show what was done and refused in an organization
  acos audit verify [ORG]      find any altered, missing or reordered entry of that

GROUP is a group's id or its name, ORG an organization's; without ORG all that you manage. "acos up --help" lists the flags of up.
`;

export const UP_USAGE = `acos up: serve everything on this machine

  --port N      port to serve on                       ACOS_PORT    8787 (0: any free one)
  --host HOST   address to listen on                   ACOS_HOST    127.0.0.1
  --data PATH   folder for everything that lasts       ACOS_DATA    .acos
  --model P/M   model that new agents begin with       ACOS_MODEL   the best one found
  --sandboxes S auto, or off                           ACOS_SANDBOXES  auto
  --open        show it in the browser

ACOS_LOG=json writes the log as JSON lines. ACOS_DETECT=off looks for no models.
ACOS_SANDBOX_POOL is how many sandboxes are kept ready (1), ACOS_SANDBOX_MAX how many may run (20).
ACOS_SANDBOX_DAY_CPU_SECONDS, ACOS_SANDBOX_DAY_MEMORY_GIB_HOURS and ACOS_SANDBOX_DAY_EGRESS_MIB are what the sandboxes of one
group may use in a day (no limit).
`;
