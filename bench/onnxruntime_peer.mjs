// The latency of ONNX Runtime on one model: settings as JSON on standard input, the median on
// standard output. See compare.py.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const settings = JSON.parse(readFileSync(0, 'utf8'));
const ort = createRequire(import.meta.url)(settings.package);

const arrays = {
  float32: Float32Array, float64: Float64Array, uint8: Uint8Array, int8: Int8Array,
  uint16: Uint16Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array,
};

function tensor({ type, dims, file }) {
  const bytes = readFileSync(file);
  const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return new ort.Tensor(type, new arrays[type](copy), dims);
}

const session = await ort.InferenceSession.create(settings.model, {
  intraOpNumThreads: settings.threads, interOpNumThreads: 1, logSeverityLevel: 4,
});
const feeds = {};
settings.feeds.forEach((feed, index) => {
  const name = session.inputNames.includes(feed.name) ? feed.name : session.inputNames[index];
  feeds[name] = tensor(feed);
});

async function measure(seconds) {
  const times = [];
  const start = performance.now();
  while (performance.now() - start < seconds * 1e3 || times.length < 5) {
    const before = performance.now();
    await session.run(feeds);
    times.push((performance.now() - before) * 1e3);
  }
  return times.sort((a, b) => a - b);
}

await measure(settings.seconds / 10);
const times = await measure(settings.seconds);
console.log(JSON.stringify({ median_us: times[Math.floor(times.length / 2)], runs: times.length }));
