<?php
/**
 * Plugin Name: Moderato instead of Akismet's servers
 * Description: Sends what the Akismet plugin asks to your own Moderato. Put this file into wp-content/mu-plugins/.
 * License: Apache-2.0
 *
 * In wp-config.php:  define( 'MODERATO_URL', 'https://comments.example.org' );
 * and the key from "Connect a site" as the Akismet API key (or define( 'WPCOM_API_KEY', '0123456789ab' )).
 */

defined( 'ABSPATH' ) || exit;

/**
 * The Akismet plugin has its host in a constant, so the request is taken over before it is sent.
 *
 * The key moves from the host (KEY.rest.akismet.com, plugins before 5) into the query; all else stays as it was.
 */
function moderato_instead_of_akismet( $answer, $arguments, $url ) {
	if ( ! defined( 'MODERATO_URL' ) || ! preg_match( '#^https?://(?:([0-9a-f]{12})\.)?rest\.akismet\.com/(.*)$#', $url, $parts ) ) {
		return $answer;
	}
	$target = rtrim( MODERATO_URL, '/' ) . '/' . $parts[2];
	if ( '' !== $parts[1] ) {
		$target = add_query_arg( 'api_key', $parts[1], $target );
	}
	if ( isset( $arguments['headers']['Host'] ) ) {
		unset( $arguments['headers']['Host'] );
	}
	$answer = wp_remote_request( $target, $arguments );
	$GLOBALS['moderato_ask_again_s'] = (int) wp_remote_retrieve_header( $answer, 'x-akismet-recheck-after' );
	return $answer;
}
add_filter( 'pre_http_request', 'moderato_instead_of_akismet', 10, 3 );

/*
 * "Ask again in so many seconds": the comment waits unpublished until then. Older plugins publish it at once, newer ones
 * later without having asked; so we ask, and what WordPress would have published is published then.
 */
function moderato_hold( $approved ) {
	$GLOBALS['moderato_held'] = ! empty( $GLOBALS['moderato_ask_again_s'] ) && 1 === (int) $approved;
	return $GLOBALS['moderato_held'] ? 0 : $approved;
}
add_filter( 'pre_comment_approved', 'moderato_hold', 200 );

function moderato_come_back( $id ) {
	if ( ! empty( $GLOBALS['moderato_held'] ) ) {
		wp_schedule_single_event( time() + $GLOBALS['moderato_ask_again_s'], 'moderato_ask_again', array( $id ) );
	}
	$GLOBALS['moderato_held'] = false;
}
add_action( 'wp_insert_comment', 'moderato_come_back' );

function moderato_ask_again( $id ) {
	if ( 'unapproved' !== wp_get_comment_status( $id ) ) {
		return; // Somebody has decided meanwhile.
	}
	$said = Akismet::recheck_comment( $id, 'recheck' );
	if ( 'false' === $said && empty( $GLOBALS['moderato_ask_again_s'] ) ) {
		wp_set_comment_status( $id, 'approve' );
	} elseif ( 'true' !== $said ) {
		wp_schedule_single_event( time() + 60, 'moderato_ask_again', array( $id ) );
	}
}
add_action( 'moderato_ask_again', 'moderato_ask_again' );
// Plugins that hold by themselves approve at this event what is still unapproved.
add_action( 'akismet_approval_fallback', function ( $id ) {
	Akismet::recheck_comment( $id, 'recheck' );
}, 1 );
