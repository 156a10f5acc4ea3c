/** Runs once before every suite: the whole test run stands on the pinned Node, or it does not start. */
import pinned from '../package.json' with { type: 'json' };

export default function setup(): void {
  const wanted = `v${pinned.devDependencies.node}`;
  const accepted = process.env.M2M_NODE ?? wanted;
  if (process.version !== accepted) {
    throw new Error(
      `the tests expect Node ${accepted}, this is ${process.version}: run them with "npm test", which uses the pinned node package (installed without --ignore-scripts), or name another version in M2M_NODE`,
    );
  }
}
