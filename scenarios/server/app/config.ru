require "json"

TIMES = JSON.parse(ENV.fetch("WEIR_SERVICE_TIMES"))

run(lambda do |env|
  sleep TIMES.fetch(env["PATH_INFO"], TIMES["*"])
  body = "weir: ok\n"
  [200, { "Content-Type" => "text/plain", "Content-Length" => body.bytesize.to_s }, [body]]
end)
