/** What the decoders read where a text has unseen characters. */
import { isSelector, isTag, Kind, kindOf } from './invisible.ts';
import { type Layer, Weaver } from './layer.ts';
import { isStyled } from './points.ts';

/** A layer in its own case, NFKC, without characters that nobody sees; for the decoders. */
export function visible(source: Layer): Layer {
  const { text } = source;
  const out = new Weaver(source, Math.max(64, text.length));
  for (let i = 0; i < text.length; ) {
    const point = text.codePointAt(i)!;
    const width = point > 0xffff ? 2 : 1;
    const kind = width === 1 ? kindOf(point) : Kind.ordinary;
    if (kind === Kind.ordinary && isStyled(point))
      out.putText(String.fromCodePoint(point).normalize('NFKC'), i, i + width);
    else if (kind === Kind.ordinary && !isTag(point) && !isSelector(point)) out.putPoint(point, i, i + width);
    else if (kind === Kind.composing) out.put(point, i, i + width);
    i += width;
  }
  return out.layer();
}
