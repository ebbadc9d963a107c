import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";

describe("SIGNALBOX_EGRESS_PROXY", () => {
  const read = (env: NodeJS.ProcessEnv) => readConfig(env).egressProxy;
  const environment = {
    HTTPS_PROXY: "http://upper.example:1",
    https_proxy: "http://hub:p%40ss@lower.example:2",
    HTTP_PROXY: "plain.example:3",
    no_proxy: "localhost, .example.com 10.0.0.0/8",
  };

  test("is one proxy for all targets, or env for those of the environment, which are ignored otherwise", () => {
    expect(read(environment)).toBeUndefined();
    expect(read({ SIGNALBOX_EGRESS_PROXY: "env" })).toBeUndefined();
    expect(read({ ...environment, SIGNALBOX_EGRESS_PROXY: "env" })).toEqual({
      http: "http://plain.example:3/",
      https: "http://hub:p%40ss@lower.example:2/",
      except: ["localhost", ".example.com", "10.0.0.0/8"],
    });
    const url = "https://hub:sesame@proxy.example/";
    expect(read({ ...environment, SIGNALBOX_EGRESS_PROXY: url })).toEqual({
      ...{ http: url, https: url, except: [] },
    });
  });

  test.each(["proxy.example:3128", "ENV", "true", "socks5://p:1", "http://p/x", "http://p/?a"])(
    "%s stops the boot",
    (value) =>
      expect(() => read({ SIGNALBOX_EGRESS_PROXY: value })).toThrow(
        `SIGNALBOX_EGRESS_PROXY must be env, or the http or https URL of a proxy like http://user:password@proxy.example.com:3128 (special characters of the password percent-encoded; no path), not the ${value.length} characters given`,
      ),
  );

  test("a wrong variable of the environment stops it, too, without showing a password", () => {
    const wrong = { SIGNALBOX_EGRESS_PROXY: "env", https_proxy: "socks5://hub:sesame@p:1" };
    expect(() => read(wrong)).toThrow(/^HTTPS_PROXY must be the http or https URL of a proxy/);
    expect(() => read(wrong)).not.toThrow("sesame");
    expect(() => read({ SIGNALBOX_EGRESS_PROXY: "http://u:50%@p:1" })).toThrow("percent-encoded");
  });
});
