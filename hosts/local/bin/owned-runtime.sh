#!/bin/sh
# Stands between the launcher and each process it starts: writes down who this is, then becomes the command in
# ACOS_OWNED_COMMAND in such a way that it dies with its launcher. Nothing started here outlives the launcher.
if [ -n "$ACOS_STOPPING" ]; then exit 1; fi
echo "$ACOS_ROLE" >"$ACOS_RUN_FOLDER/$$" || exit 1
# A hot group with a socket holds four descriptors; take all that the machine allows.
ulimit -n "$(ulimit -Hn)" 2>/dev/null
if [ -n "$ACOS_GRACE_S" ]; then
  # Has things of its own to clear away, and ends when its input does. A watcher on the same input kills it when it does
  # not end in time; it sleeps until then, and goes when the process has gone.
  exec 3<&0
  ACOS_OWNED=$$ /bin/sh -c '
    owned() { read -r _ _ _ parent _ <"/proc/$$/stat" && [ "$parent" = "$ACOS_OWNED" ]; }
    cat <&3 >/dev/null
    tries=$((ACOS_GRACE_S * 10))
    while owned && [ "$tries" -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
    if owned; then kill -9 "$ACOS_OWNED"; fi' owned </dev/null >/dev/null &
  exec 3<&-
  unset ACOS_GRACE_S
  exec "$ACOS_OWNED_COMMAND" "$@"
fi
if [ -z "$ACOS_NO_DEATH_SIGNAL" ] && command -v setpriv >/dev/null 2>&1; then
  # The signal is asked for first and the parent looked at second: no moment is left in which its death goes unseen.
  exec setpriv --pdeathsig KILL -- /bin/sh -c '
    if [ "$PPID" != "$ACOS_LAUNCHER_PID" ]; then exit 1; fi
    exec "$ACOS_OWNED_COMMAND" "$@"' owned "$@"
fi
# No death signal on this system: a watcher ends the process as soon as it belongs to somebody else.
(
  exec >/dev/null 2>&1 </dev/null 3>&-
  while parent=$(ps -o ppid= -p $$) && [ "$(echo $parent)" = "$ACOS_LAUNCHER_PID" ]; do sleep 0.3; done
  if [ -n "$parent" ]; then kill -9 $$; fi
) &
exec "$ACOS_OWNED_COMMAND" "$@"
