// The load of one run in k6's terms: as fast as the connections allow, or paced. One VU is one connection.
import http from 'k6/http';

const seconds = __ENV.SECONDS + 's', connections = Number(__ENV.CONNECTIONS), rate = Number(__ENV.RATE);
const scenario = rate > 0
  ? { executor: 'constant-arrival-rate', rate, timeUnit: '1s', duration: seconds, preAllocatedVUs: connections, maxVUs: connections }
  : { executor: 'constant-vus', vus: connections, duration: seconds, gracefulStop: '5s' };

export const options = {
  discardResponseBodies: true,
  noConnectionReuse: __ENV.REUSE !== 'true',
  scenarios: { load: scenario },
};

export default function () { http.get(__ENV.URL); }
