/** Which suites, scenarios and peers a run is of. */

/**
 * The suites that a run concerns: those named by `suite`, else those that have one of the chosen
 * scenarios and one of the chosen peers.
 *
 * @throws when a name is not of any suite, saying which there are
 */
export function chosenSuites(suites, { suite, only, peers }) {
  check(
    'suite',
    suite && [suite],
    suites.map(({ name }) => name),
  );
  const named = suites.filter(({ name }) => suite === undefined || name === suite);
  check(
    'scenario',
    only,
    named.flatMap(({ measurements }) => measurements),
  );
  check('peer', peers, named.flatMap(optionalPeers));
  const has = (names, chosen) =>
    chosen === undefined || chosen.some((name) => names.includes(name));
  return named.filter((each) => has(each.measurements, only) && has(optionalPeers(each), peers));
}

/** wizgi and the suite's base always take part; `peers` chooses among the others. */
export function chosenContestants({ contestants, base }, peers) {
  if (peers === undefined) return contestants;
  return contestants.filter(({ own, name }) => own || name === base || peers.includes(name));
}

function optionalPeers({ contestants, base }) {
  return contestants.filter(({ own, name }) => !own && name !== base).map(({ name }) => name);
}

function check(what, names = [], known) {
  for (const name of names) {
    if (!known.includes(name)) {
      throw new Error(`no such ${what}: ${name} (there are ${known.join(', ')})`);
    }
  }
}
